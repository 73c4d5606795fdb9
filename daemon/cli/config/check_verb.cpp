#include "cli/config/check_verb.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/json/json_writer.h"
#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/log/log_reading.h"
#include "config/config_file.h"

namespace handshaked::cli {
namespace {

/// A problem of either kind.
struct Problem {
  std::string file;
  unsigned line = 0, column = 0;
  std::string reason, message;
};

std::string as_text(const std::vector<Problem>& problems, const std::string& what_is_good) {
  std::string out;
  for (const Problem& problem : problems) out += visible_text(problem.message) + "\n";
  if (problems.empty()) out = what_is_good + "\n";
  return out;
}

std::string as_json(const std::vector<Problem>& problems, std::size_t rule_count) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("ok", problems.empty())
      .member("rules", rule_count)
      .key("problems")
      .begin_array();
  for (const Problem& problem : problems) {
    json.begin_object().member("file", problem.file);
    if (problem.line != 0) json.member("line", problem.line);
    if (problem.column != 0) json.member("column", problem.column);
    json.member("reason", problem.reason).end_object();
  }
  json.end_array().end_object();
  return out + "\n";
}

std::vector<std::string> directories_named_as_logs(const config::Config& config) {
  std::vector<std::string> found;
  std::error_code failure;
  for (const config::FileSource& source : config.files) {
    for (const std::string& path : source.paths) {
      if (std::filesystem::is_directory(path, failure))
        found.push_back(path.ends_with('/') ? path.substr(0, path.size() - 1) : path);
    }
  }
  return found;
}

}  // namespace

int run_check(const CheckOptions& options, const ConfigurationTrials& trials) {
  std::vector<Problem> problems;
  const bool is_asked_for = !options.config_file.empty();
  const std::string config_file =
      is_asked_for ? options.config_file : std::string(config::kDefaultFile);
  const config::LoadedConfig loaded = config::load_config(config_file, is_asked_for);
  for (const config::ConfigProblem& problem : loaded.problems) {
    problems.push_back(
        {problem.file, problem.line, problem.column, problem.reason, problem.message()});
  }
  for (const config::Receiver& receiver : loaded.config.receivers) {
    const auto checked = loaded.problems.empty() ? trials.receiver(receiver) : success();
    if (checked) continue;
    const std::string reason = "receiver \"" + receiver.name + "\": " + checked.error().message();
    problems.push_back(
        {receiver.configured_in, receiver.line, 0, reason,
         receiver.configured_in + ":" + std::to_string(receiver.line) + ": " + reason});
  }
  if (loaded.problems.empty()) {
    for (const std::string& directory : directories_named_as_logs(loaded.config)) {
      const std::string reason =
          directory + " is a directory: name the logs in it, as in \"" + directory + "/*.log\"";
      problems.push_back({config_file, 0, 0, reason, config_file + ": " + reason});
    }
    std::vector<std::string> reasons = trials.listeners(loaded.config);
    if (!options.is_offline) {
      for (std::string& reason : trials.engines(loaded.config)) {
        if (std::ranges::find(reasons, reason) == reasons.end())
          reasons.push_back(std::move(reason));
      }
    }
    for (const std::string& reason : reasons)
      problems.push_back({config_file, 0, 0, reason, config_file + ": " + reason});
  }
  const std::string& rules =
      options.rules_directory.empty() ? loaded.config.rules_directory : options.rules_directory;
  const KnowledgeBase base = load_knowledge_base(rules, KnowledgeDepth::all_compiled);
  for (const match::RuleProblem& problem : base.problems)
    problems.push_back({problem.file, problem.line, 0, problem.reason, problem.message()});

  const std::size_t rule_count = base.rules ? base.rules->rules().size() : 0;
  const std::string good = "configuration and rules are good: " + std::to_string(rule_count) +
                           " rules, " + std::to_string(base.knowledge.causes().size()) +
                           " causes in " + base.directory;
  Output output = Output::standard();
  output.buffer() = options.json ? as_json(problems, rule_count) : as_text(problems, good);
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return problems.empty() ? kExitDone : kExitConfiguration;
}

}  // namespace handshaked::cli
