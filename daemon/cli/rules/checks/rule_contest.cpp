#include "cli/rules/checks/rule_contest.h"

#include <simdjson.h>

namespace handshaked::cli {
namespace {

int constraint_count(const match::Rule& rule) {
  return (rule.actions.empty() ? 0 : 1) + (rule.upstream_schemes.empty() ? 0 : 1) +
         (rule.request_prefixes.empty() ? 0 : 1);
}

}  // namespace

std::vector<RuleSample> lines_of(const match::Rule& rule, std::string_view list) {
  std::vector<RuleSample> lines;
  simdjson::dom::parser parser;
  simdjson::dom::object entry;
  simdjson::dom::array items;
  if (parser.parse(rule.json).get(entry) != simdjson::SUCCESS ||
      entry[list].get(items) != simdjson::SUCCESS)
    return lines;
  for (const simdjson::dom::element item : items) {
    simdjson::dom::object sample;
    std::string_view line;
    std::string_view origin;
    if (item.get(sample) != simdjson::SUCCESS || sample["line"].get(line) != simdjson::SUCCESS)
      continue;
    if (sample["origin"].get(origin) != simdjson::SUCCESS) origin = {};
    lines.push_back({.line = std::string(line), .origin = std::string(origin)});
  }
  return lines;
}

RuleContest::Verdict RuleContest::judge(std::string_view line) {
  Verdict verdict{.winner = reader_.read(line), .equal = nullptr};
  if (verdict.winner == nullptr) return verdict;
  const parse::ErrorRecord& record = reader_.record();
  rules_->find_by_text(record.text, found_);
  std::size_t specificity = 0;
  for (const std::uint32_t index : found_) {
    const match::Rule& rule = rules_->rules()[index];
    if (!rules_->constraints_hold(rule, record)) continue;
    if (verdict.winner == &rule) {
      specificity = rules_->specificity(index);
      continue;
    }
    if (rule.imported == verdict.winner->imported && rules_->specificity(index) == specificity &&
        constraint_count(rule) == constraint_count(*verdict.winner)) {
      verdict.equal = &rule;
    }
    break;
  }
  return verdict;
}

}  // namespace handshaked::cli
