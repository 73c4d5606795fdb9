#include "runtime/operator/rule_tally.h"

#include <algorithm>

namespace handshaked::runtime {

void RuleTally::note(const correlate::FailureBatch& batch) {
  for (const correlate::FoldedFailure& failure : batch.failures)
    by_id_[failure.rule->id].matches += failure.count;
}

void RuleTally::use_rules(std::shared_ptr<const match::RuleSet> rules) {
  if (rules_) add_costs(*rules_, by_id_);
  rules_ = std::move(rules);
}

void RuleTally::add_costs(const match::RuleSet& rules,
                          std::map<std::string, Tally, std::less<>>& into) {
  for (std::size_t i = 0; i < rules.rules().size(); ++i) {
    const match::RuleCost cost = rules.cost(i);
    if (cost.confirmations == 0) continue;
    Tally& tally = into[rules.rules()[i].id];
    tally.cost.confirmations += cost.confirmations;
    tally.cost.seconds += cost.seconds;
  }
}

std::vector<telemetry::RuleMetrics> RuleTally::figures() const {
  auto all = by_id_;
  if (rules_) add_costs(*rules_, all);
  std::vector<telemetry::RuleMetrics> figures;
  figures.reserve(all.size());
  for (const auto& [id, tally] : all)
    figures.push_back({.id = id,
                       .matches = tally.matches,
                       .confirmations = tally.cost.confirmations,
                       .seconds = tally.cost.seconds});
  std::stable_sort(figures.begin(), figures.end(), [](const auto& left, const auto& right) {
    return left.matches > right.matches;
  });
  return figures;
}

}  // namespace handshaked::runtime
