#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/language.h"
#include "cli/document/document.h"
#include "cli/explain/explain_question.h"
#include "cli/explain/line_examination.h"
#include "cli/knowledge/advice_section.h"
#include "cli/knowledge/code_lookup.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/operator/notification_forecast.h"

namespace handshaked::cli {

/// The answer to a question, before it is put into words. Borrows the knowledge base.
struct Explanation {
  Question question;
  std::unique_ptr<LineExamination> line;         ///< Kind::line
  std::optional<CodeMeaning> code;               ///< verify_code, alert, openssl_error
  std::optional<NotificationForecast> forecast;  ///< Kind::line, of a line that would notify
  /// What is to be told about: the winner of a line, the rule itself, the rules of a code or of a
  /// cause.
  std::vector<const match::Rule*> rules;

  bool knows_something() const {
    if (code && code->text.empty() && code->only_general_rules)
      return false;  // a number that nobody has heard of
    return !rules.empty() || question.kind == Question::Kind::cause;
  }
  /// That the line tells, if there is a line.
  match::AdviceFacts facts() const {
    if (!line) return {};
    return {.scheme = std::string(parse::upstream_scheme(line->record())),
            .peer = std::string(parse::upstream_peer(line->record())),
            .name = std::string(line->tls().name),
            .server = std::string(line->record().server)};
  }
};

Explanation explain(const std::string& question, const KnowledgeBase& base,
                    const parse::TimeZone& zone);

/// For people. Texts and directives as in the report of `scan`, but all of them.
void write_explanation(Document& page, const Explanation& explanation, const KnowledgeBase& base,
                       Language language);
/// For programs: one object and a line feed.
std::string explanation_json(const Explanation& explanation, const KnowledgeBase& base,
                             Language language);

}  // namespace handshaked::cli
