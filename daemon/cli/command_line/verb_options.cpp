#include "cli/command_line/verb_options.h"

#include <CLI/CLI.hpp>

#include "cli/command_line/command_line.h"

namespace handshaked::cli {

CLI::Option* add_word(CLI::App* verb, const std::string& name,
                      const std::vector<std::string>& words,
                      std::function<void(const std::string&)> take, const std::string& what,
                      const std::string& type_name) {
  return verb->add_option_function<std::string>(name, std::move(take), what)
      ->type_name(type_name)
      ->check(CLI::IsMember(words).description(""));
}

void add_text_or_json(CLI::App* verb, bool& json) {
  add_choice<bool>(verb, "--format", {{"text", false}, {"json", true}}, json,
                   "text or json (default: text)", "FORMAT");
}

void add_language(CLI::App* verb, Language& language) {
  language = language_of_locale();
  add_choice<Language>(verb, "--lang", {{"en", Language::en}, {"zh", Language::zh}}, language,
                       "Language of texts: en or zh (default: from the locale)", "LANG");
}

void add_rules(CLI::App* verb, std::string& directory) {
  verb->add_option("--rules", directory,
                   "Rules to use (default: $HANDSHAKED_RULES, then the installed ones)")
      ->type_name("DIR");
}

void add_fail_on(CLI::App* verb, std::optional<match::Severity>& severity,
                 const std::string& what) {
  add_choice<match::Severity>(verb, "--fail-on",
                              {{"info", match::Severity::info},
                               {"warning", match::Severity::warning},
                               {"critical", match::Severity::critical}},
                              severity, what, "SEVERITY");
}

void add_ca_store(CLI::App* verb, std::vector<std::string>& paths) {
  verb->add_option("--ca-store", paths,
                   "Where to look for CA certificates to propose; a file or a directory, "
                   "repeatable (default: the system's bundle)")
      ->type_name("PATH")
      ->allow_extra_args(false);
}

}  // namespace handshaked::cli
