#include "cli/explain/explanation.h"

#include <algorithm>

namespace handshaked::cli {

Explanation explain(const std::string& question, const KnowledgeBase& base,
                    const parse::TimeZone& zone) {
  Explanation explanation;
  explanation.question = understand(question, base);
  const match::RuleSet& rules = *base.rules;
  switch (explanation.question.kind) {
    case Question::Kind::line:
      explanation.line = std::make_unique<LineExamination>(explanation.question.text, base, zone);
      if (explanation.line->winner() != nullptr)
        explanation.rules.push_back(explanation.line->winner());
      break;
    case Question::Kind::rule: explanation.rules.push_back(explanation.question.rule); break;
    case Question::Kind::cause:
      for (const match::Rule& rule : rules.rules()) {
        const bool lists_it = std::any_of(
            rule.causes.begin(), rule.causes.end(),
            [&](const auto& candidate) { return candidate.cause == explanation.question.text; });
        if (lists_it) explanation.rules.push_back(&rule);
      }
      break;
    case Question::Kind::verify_code:
      explanation.code = look_up_verify_code(explanation.question.number, rules);
      break;
    case Question::Kind::alert:
      explanation.code = look_up_alert(explanation.question.number, rules);
      break;
    case Question::Kind::openssl_error:
      explanation.code = look_up_openssl_error(explanation.question.text, rules);
      break;
    case Question::Kind::unknown: break;
  }
  if (explanation.code) explanation.rules = explanation.code->rules;
  return explanation;
}

}  // namespace handshaked::cli
