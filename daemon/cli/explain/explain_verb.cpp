#include "cli/explain/explain_verb.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/explain/explanation.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/log/log_reading.h"
#include "cli/operator/operator_verbs.h"
#include "cli/texts.h"
#include "config/config_file.h"
#include "line_reader.h"

namespace handshaked::cli {
namespace {

/// A line is explained alone, also when it was wrapped into several; whoever has more of them wants
/// `scan`.
struct Asked {
  std::string first_line;
  bool has_more = false;
};

Asked first_line_of(std::string_view text, const std::shared_ptr<const match::RuleSet>& rules) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  parse::LineSpan span{.begin = begin, .end = std::min(text.find('\n', begin), text.size())};
  LineReader(rules).read_within(text, span, begin);
  return {.first_line = std::string(text.substr(span.begin, span.end - span.begin)),
          .has_more = text.find_first_not_of(" \t\r\n", span.end) != std::string_view::npos};
}

std::string read_standard_input() {
  static constexpr std::size_t kLimit = 1 << 20;
  std::string text(kLimit, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(kLimit));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  return text;
}

void complain_about_unknown(const Question& question, Language language) {
  const Texts say(explain_texts(), language);
  const std::string shown = visible_text(std::string_view(question.text).substr(0, 200));
  std::fprintf(stderr, "handshaked: %s\n", say("question.unknown", {{"question", shown}}).c_str());
  if (question.similar.empty()) return;
  std::fprintf(stderr, "%s\n", say("question.similar").c_str());
  for (const std::string& name : question.similar) std::fprintf(stderr, "  %s\n", name.c_str());
}

/// Who would be told, where somebody would be. False after a complaint about the configuration.
bool add_forecast(Explanation& explanation, const std::string& config_file) {
  if (!explanation.line || !explanation.line->trusted() ||
      explanation.line->incident() == nullptr || explanation.line->incident()->noise)
    return true;
  const auto loaded = config::load_named_config(config_file);
  for (const config::ConfigProblem& problem : loaded.problems)
    complain_about(Error(ErrorCode::invalid_configuration, problem.message()));
  if (!loaded.problems.empty()) return config_file.empty();
  explanation.forecast =
      forecast_notification(*explanation.line->incident(), loaded.config, wall_clock_now());
  return true;
}

/// An incident, or an event of one, as an alert shows it.
bool names_incident(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return (text.starts_with("inc-") || text.starts_with("v1:")) &&
         text.find(' ') == std::string_view::npos;
}

}  // namespace

int run_explain(const ExplainOptions& options) {
  const auto zone = parse::TimeZone::named(options.time_zone);
  if (!zone) {
    complain_about(zone.error());
    return kExitUsage;
  }
  const auto base =
      require_knowledge_base(options.rules_directory, KnowledgeDepth::rules_and_texts);
  if (!base) return kExitConfiguration;
  const Asked asked = first_line_of(
      options.question == "-" ? read_standard_input() : options.question, base->rules);
  if (asked.first_line.empty()) {
    std::fprintf(stderr, "handshaked: nothing to explain\n");
    return kExitUsage;
  }
  if (names_incident(asked.first_line)) {
    return run_operator({.verb = "incidents.show",
                         .arguments = {{"id", {asked.first_line}}},
                         .socket = {},
                         .config_file = options.config_file,
                         .json = options.json,
                         .language = options.language});
  }
  if (asked.has_more)
    std::fprintf(
        stderr,
        "handshaked: only the first line is explained; `handshaked scan -` takes them all\n");

  Explanation explanation = explain(asked.first_line, *base, zone.value());
  if (!add_forecast(explanation, options.config_file)) return kExitConfiguration;
  const bool is_unknown = explanation.question.kind == Question::Kind::unknown;
  if (is_unknown) complain_about_unknown(explanation.question, options.language);
  Output output = Output::standard();
  if (options.json) {
    output.buffer() = explanation_json(explanation, *base, options.language);
  } else if (!is_unknown) {
    const auto page =
        make_page(page_options_for(STDOUT_FILENO, PageFormat::text, options.language));
    write_explanation(*page, explanation, *base, options.language);
    output.buffer() = page->finish();
  }
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return explanation.knows_something() ? kExitDone : kExitNothing;
}

}  // namespace handshaked::cli
