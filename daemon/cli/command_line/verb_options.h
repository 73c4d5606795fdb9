#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/language.h"
#include "match/rule.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace handshaked::cli {

// The options that several verbs have, so that each has the same words for the same thing. They
// write into what they are given, which lives as long as the App.

/// An option that takes one of `words`, and hands it to `take`.
CLI::Option* add_word(CLI::App* verb, const std::string& name,
                      const std::vector<std::string>& words,
                      std::function<void(const std::string&)> take, const std::string& what,
                      const std::string& type_name);

/// The same for values that have names. Not by CLI11's own conversion of enumerations, which is
/// confused by a to_string beside them.
template <class T, class Target>
CLI::Option* add_choice(CLI::App* verb, const std::string& name,
                        std::vector<std::pair<std::string, T>> choices, Target& target,
                        const std::string& what, const std::string& type_name) {
  std::vector<std::string> words;
  for (const auto& [word, value] : choices) words.push_back(word);
  const auto take = [choices = std::move(choices), &target](const std::string& chosen) {
    for (const auto& [word, value] : choices) {
      if (word == chosen) target = value;
    }
  };
  return add_word(verb, name, words, take, what, type_name);
}

/// --format, for text or JSON.
void add_text_or_json(CLI::App* verb, bool& json);
/// --lang; until it is given the locale decides.
void add_language(CLI::App* verb, Language& language);
/// --rules
void add_rules(CLI::App* verb, std::string& directory);
/// How a verb that knows the rules answers: --format, --lang and --rules.
template <class Options>
void add_answer(CLI::App* verb, Options& options) {
  add_text_or_json(verb, options.json);
  add_language(verb, options.language);
  add_rules(verb, options.rules_directory);
}
/// --fail-on, of a severity.
void add_fail_on(CLI::App* verb, std::optional<match::Severity>& severity, const std::string& what);
/// --ca-store
void add_ca_store(CLI::App* verb, std::vector<std::string>& paths);

}  // namespace handshaked::cli
