#include "cli/command_line/command_line_parts.h"

#include <CLI/CLI.hpp>

#include <cctype>

namespace handshaked::cli {
namespace {

/// CLI11 does not tell which names a CLI::IsMember knows, but it can be asked about each; and our
/// help names them all.
std::vector<std::string> choices_of(CLI::Option& option) {
  CLI::Validator* validator = nullptr;
  try {
    validator = option.get_validator();
  } catch (const CLI::OptionNotFound&) {
  }
  if (validator == nullptr) return {};
  std::vector<std::string> choices;
  std::string word;
  for (const char character : option.get_description() + " ") {
    if (std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '-') {
      word.push_back(character);
      continue;
    }
    std::string candidate = std::exchange(word, {});
    const bool is_number =
        !candidate.empty() && std::isdigit(static_cast<unsigned char>(candidate.front())) != 0;
    const bool is_new = std::find(choices.begin(), choices.end(), candidate) == choices.end();
    if (!candidate.empty() && !is_number && is_new && (*validator)(candidate).empty())
      choices.push_back(candidate);
  }
  return choices;
}

CompletedOption completed(CLI::Option& option) {
  CompletedOption found;
  for (const std::string& name : option.get_snames()) found.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) found.names.push_back("--" + name);
  found.what = option.get_description();
  if (option.get_type_size_max() > 0) found.value = option.get_type_name();
  found.choices = choices_of(option);
  found.is_repeatable = option.get_items_expected_max() > 1;
  return found;
}

}  // namespace

CompletedVerb completed_command_line(const CLI::App& app) {
  CompletedVerb verb{
      .name = app.get_name(), .what = app.get_description(), .options = {}, .verbs = {}};
  // The filters take what they are given as not constant; nothing is changed.
  for (CLI::Option* const option :
       const_cast<CLI::App&>(app).get_options([](CLI::Option*) { return true; }))
    verb.options.push_back(completed(*option));
  for (const CLI::App* const child : app.get_subcommands([](const CLI::App*) { return true; }))
    verb.verbs.push_back(completed_command_line(*child));
  return verb;
}

}  // namespace handshaked::cli
