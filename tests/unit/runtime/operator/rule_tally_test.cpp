#include "runtime/operator/rule_tally.h"

#include <gtest/gtest.h>

#include "match/regex_literals.h"
#include "parse/nginx_error_parser.h"

namespace handshaked::runtime {
namespace {

std::shared_ptr<const match::RuleSet> rules_of(const std::vector<std::string>& ids) {
  std::vector<match::Rule> rules;
  for (const std::string& id : ids) {
    match::Rule rule;
    rule.id = id;
    rule.regex = "upstream SSL " + id;
    rule.literals = match::regex_literals(rule.regex);
    rules.push_back(std::move(rule));
  }
  return std::make_shared<const match::RuleSet>(std::move(rules));
}

correlate::FailureBatch batch_of(const match::RuleSet& rules, const std::string& id,
                                 std::uint64_t count) {
  correlate::FailureBatch batch;
  for (const match::Rule& rule : rules.rules()) {
    if (rule.id != id) continue;
    correlate::FoldedFailure failure;
    failure.rule = &rule;
    failure.count = count;
    batch.failures.push_back(std::move(failure));
  }
  return batch;
}

TEST(RuleTally, CountsMatchesAndCostsOverReloads) {
  RuleTally tally;
  const auto first = rules_of({"alpha", "beta", "gamma"});
  tally.use_rules(first);
  tally.note(batch_of(*first, "alpha", 3));
  tally.note(batch_of(*first, "beta", 7));
  std::vector<std::uint32_t> found;
  for (int i = 0; i < 20; ++i) first->find_by_text("upstream SSL alpha", found);

  const auto second = rules_of({"alpha", "gamma"});
  tally.use_rules(second);
  tally.note(batch_of(*second, "alpha", 1));
  second->find_by_text("upstream SSL alpha", found);

  const auto figures = tally.figures();
  ASSERT_EQ(figures.size(), 2U) << "gamma was never met";
  EXPECT_EQ(figures[0].id, "beta") << "the most matches first, though the rule is gone";
  EXPECT_EQ(figures[0].matches, 7U);
  EXPECT_EQ(figures[1].id, "alpha");
  EXPECT_EQ(figures[1].matches, 4U);
  EXPECT_EQ(figures[1].confirmations, 21U);
  EXPECT_GT(figures[1].seconds, 0);
}

}  // namespace
}  // namespace handshaked::runtime
