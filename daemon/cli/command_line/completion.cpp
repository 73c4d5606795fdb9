#include "cli/command_line/completion.h"

#include <functional>

#include "base/text/joined.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/log/log_reading.h"

namespace handshaked::cli {
namespace {

enum class Values { none, words, files, directories, asked };

/// What the running daemon or the configuration knows: a command that prints it, a word a line.
/// Silent where nobody answers.
std::string question_for(const CompletedOption& option, const std::string& program) {
  const auto first_words = [&program](const std::string& verb, const std::string& pattern) {
    return program + " " + verb + " 2>/dev/null | sed -n 's/^\\(" + pattern +
           "\\)\\( .*\\)\\{0,1\\}$/\\1/p'";
  };
  if (option.value == "INCIDENT")
    return first_words("incidents list --status all --limit 1000", "inc-[0-9a-f]*");
  if (option.value == "SILENCE") return first_words("silence list", "sil-[0-9a-f]*");
  if (option.value == "DELIVERY") return first_words("deliveries list --limit 1000", "[0-9][0-9]*");
  if (option.value == "RECEIVER") return first_words("receivers list", "[a-z0-9_-][A-Za-z0-9_.-]*");
  return {};
}

Values values_of(const CompletedOption& option) {
  if (!option.choices.empty()) return Values::words;
  if (!question_for(option, "").empty()) return Values::asked;
  if (option.value == "FILE" || option.value == "PATH") return Values::files;
  return option.value == "DIR" ? Values::directories : Values::none;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

/// 'it'\''s' for the POSIX-like shells.
std::string shell_quoted(const std::string& text) {
  return "'" + replaced(text, "'", "'\\''") + "'";
}

using Visit = std::function<void(const CompletedVerb& verb, const std::vector<std::string>& path)>;

/// `verb` and all below it; the path of the program itself is empty.
void for_each_verb(const CompletedVerb& verb, std::vector<std::string>& path, const Visit& visit) {
  visit(verb, path);
  for (const CompletedVerb& child : verb.verbs) {
    path.push_back(child.name);
    for_each_verb(child, path, visit);
    path.pop_back();
  }
}
void for_each_verb(const CompletedVerb& program, const Visit& visit) {
  std::vector<std::string> path;
  for_each_verb(program, path, visit);
}

// ---- bash: one function that finds the verb among the words, then the values of the option before
// the cursor, then the rest.

std::string bash_reply(Values values, const std::vector<std::string>& words,
                       const std::string& question = {}) {
  switch (values) {
    case Values::asked:
      return "mapfile -t COMPREPLY < <(compgen -W \"$(" + question + ")\" -- \"$word\")";
    case Values::words:
      return "mapfile -t COMPREPLY < <(compgen -W " + shell_quoted(joined(words, " ")) +
             " -- \"$word\")";
    case Values::files:
      return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\")";
    case Values::directories:
      return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$word\")";
    case Values::none: return "COMPREPLY=()";
  }
  return {};
}

std::string bash_verbs(const CompletedVerb& program) {
  std::string out;
  for_each_verb(program, [&out](const CompletedVerb&, const std::vector<std::string>& path) {
    if (path.empty()) return;
    const std::vector<std::string> parents(path.begin(), path.end() - 1);
    out.append(out.empty() ? "      " : " | ")
        .append(shell_quoted(joined(parents, " ") + " " + path.back()));
  });
  return out;
}

std::string bash_values(const CompletedVerb& program) {
  std::string out;
  for_each_verb(program, [&](const CompletedVerb& verb, const std::vector<std::string>& path) {
    for (const CompletedOption& option : verb.options) {
      if (option.names.empty() || option.value.empty()) continue;
      std::string names;
      for (const std::string& name : option.names)
        names.append(names.empty() ? "" : " | ")
            .append(shell_quoted(joined(path, " ") + "|" + name));
      out += "    " + names + ")\n      " +
             bash_reply(values_of(option), option.choices, question_for(option, program.name)) +
             "\n      return\n      ;;\n";
    }
  });
  return out;
}

std::string bash_words(const CompletedVerb& program) {
  std::string out;
  for_each_verb(program, [&](const CompletedVerb& verb, const std::vector<std::string>& path) {
    std::vector<std::string> options, words;
    std::string question;
    Values values = Values::none;
    for (const CompletedOption& option : verb.options) {
      options.insert(options.end(), option.names.begin(), option.names.end());
      if (!option.names.empty() || values != Values::none) continue;
      values = values_of(option);
      words = option.choices;
      question = question_for(option, program.name);
    }
    if (!verb.verbs.empty()) values = Values::words;
    for (const CompletedVerb& child : verb.verbs) words.push_back(child.name);
    out += "    " + shell_quoted(joined(path, " ")) +
           ")\n      if [[ $word == -* ]]; then\n        " + bash_reply(Values::words, options) +
           "\n      else\n        " + bash_reply(values, words, question) +
           "\n      fi\n      ;;\n";
  });
  return out;
}

std::string bash_script(const CompletedVerb& program) {
  const std::string& name = program.name;
  return "# bash completion of " + name + "\n_" + name +
         "() {\n  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb= "
         "i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n    case \"$verb ${COMP_WORDS[i]}\" in\n" +
         bash_verbs(program) +
         ")\n        verb=\"${verb:+$verb }${COMP_WORDS[i]}\"\n        ;;\n    esac\n  done\n  "
         "case \"$verb|$before\" in\n" +
         bash_values(program) + "  esac\n  case \"$verb\" in\n" + bash_words(program) +
         "  esac\n}\ncomplete -F _" + name + " " + name + "\n";
}

// ---- zsh: a function a verb, each a call of _arguments.

/// Inside [ ] of a specification of _arguments.
std::string zsh_explanation(const std::string& text) {
  return replaced(replaced(text, "\\", "\\\\"), "]", "\\]");
}
std::string zsh_message(const std::string& text) { return replaced(text, ":", "\\:"); }

std::string zsh_action(const CompletedOption& option) {
  switch (values_of(option)) {
    case Values::asked:
      return "{compadd -- ${(f)\"$(" + question_for(option, "handshaked") + ")\"}}";
    case Values::words: return "(" + joined(option.choices, " ") + ")";
    case Values::files: return "_files";
    case Values::directories: return "_files -/";
    case Values::none: return " ";
  }
  return {};
}

std::string zsh_argument(const CompletedOption& option) {
  if (option.names.empty()) {
    const std::string place = option.is_repeatable ? "*" : "";
    return " \\\n    " +
           shell_quoted(place + ":" + zsh_message(option.value) + ":" + zsh_action(option));
  }
  std::string out;
  for (const std::string& name : option.names) {
    std::string text = option.is_repeatable ? "*" : "(" + joined(option.names, " ") + ")";
    text += name;
    if (!option.value.empty()) text += name.starts_with("--") ? "=" : "+";
    text += "[" + zsh_explanation(option.what) + "]";
    if (!option.value.empty()) text += ":" + zsh_message(option.value) + ":" + zsh_action(option);
    out += " \\\n    " + shell_quoted(text);
  }
  return out;
}

std::string zsh_function(const CompletedVerb& verb, const std::string& name) {
  std::string out = name + "() {\n";
  const bool has_verbs = !verb.verbs.empty();
  if (has_verbs)
    out +=
        "  local curcontext=\"$curcontext\" state line\n  typeset -A opt_args\n  local -a verbs\n";
  out += has_verbs ? "  _arguments -C" : "  _arguments";
  for (const CompletedOption& option : verb.options) out += zsh_argument(option);
  if (!has_verbs) return out + "\n}\n";
  out +=
      " \\\n    '1:verb:->verb' \\\n    '*::argument:->rest'\n  case $state in\n    verb)\n      "
      "verbs=(\n";
  for (const CompletedVerb& child : verb.verbs)
    out += "        " + shell_quoted(child.name + ":" + child.what) + "\n";
  out += "      )\n      _describe verb verbs\n      ;;\n    rest)\n      case $line[1] in\n";
  for (const CompletedVerb& child : verb.verbs)
    out += "        " + child.name + ") " + name + "_" + child.name + " ;;\n";
  return out + "      esac\n      ;;\n  esac\n}\n";
}

std::string zsh_script(const CompletedVerb& program) {
  std::string out = "#compdef " + program.name + "\n";
  for_each_verb(program, [&](const CompletedVerb& verb, const std::vector<std::string>& path) {
    out += zsh_function(verb, "_" + program.name + (path.empty() ? "" : "_" + joined(path, "_")));
  });
  return out + "_" + program.name + " \"$@\"\n";
}

// ---- fish: a condition for each verb, and what holds under it.

std::string fish_quoted(const std::string& text) {
  return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

std::string fish_condition(const CompletedVerb& verb, const std::vector<std::string>& path,
                           bool is_at_verb) {
  std::string condition;
  for (const std::string& word : path)
    condition +=
        std::string(condition.empty() ? "" : "; and ") + "__fish_seen_subcommand_from " + word;
  if (!is_at_verb) return condition;
  if (path.empty()) return "__fish_use_subcommand";
  condition += "; and not __fish_seen_subcommand_from";
  for (const CompletedVerb& child : verb.verbs) condition += " " + child.name;
  return condition;
}

std::string fish_values(const CompletedOption& option) {
  switch (values_of(option)) {
    case Values::asked:
      return " -x -a " + fish_quoted("(" + question_for(option, "handshaked") + ")");
    case Values::words: return " -x -a " + fish_quoted(joined(option.choices, " "));
    case Values::files: return " -r -F";
    case Values::directories: return " -x -a '(__fish_complete_directories)'";
    case Values::none: return option.value.empty() ? "" : " -x";
  }
  return {};
}

std::string fish_option(const CompletedOption& option) {
  if (option.names.empty())
    return values_of(option) == Values::none ? "" : replaced(fish_values(option), " -x", " -f");
  std::string out;
  for (const std::string& name : option.names)
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  return out + fish_values(option) + " -d " + fish_quoted(option.what);
}

std::string fish_script(const CompletedVerb& program) {
  const std::string begin = "complete -c " + program.name;
  std::string out = "# fish completion of " + program.name + "\n" + begin + " -f\n";
  for_each_verb(program, [&](const CompletedVerb& verb, const std::vector<std::string>& path) {
    for (const CompletedVerb& child : verb.verbs)
      out += begin + " -n " + fish_quoted(fish_condition(verb, path, true)) + " -a " + child.name +
             " -d " + fish_quoted(child.what) + "\n";
    const std::string condition = fish_condition(verb, path, path.empty());
    for (const CompletedOption& option : verb.options) {
      const std::string rest = fish_option(option);
      if (!rest.empty()) out += begin + " -n " + fish_quoted(condition) + rest + "\n";
    }
  });
  return out;
}

}  // namespace

std::string completion_script(const CompletedVerb& program, Shell shell) {
  switch (shell) {
    case Shell::bash: return bash_script(program);
    case Shell::zsh: return zsh_script(program);
    case Shell::fish: return fish_script(program);
  }
  return {};
}

int run_completion(const CompletionOptions& options) {
  Output output = Output::standard();
  output.buffer() = options.script;
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return kExitDone;
}

}  // namespace handshaked::cli
