#include "cli/knowledge/advice_section.h"

#include <gtest/gtest.h>

#include "unit/cli/example_rules.h"

namespace handshaked::cli {
namespace {

const match::Rule& rule_named(const KnowledgeBase& base, std::string_view id) {
  for (const match::Rule& rule : base.rules->rules()) {
    if (rule.id == id) return rule;
  }
  throw std::out_of_range(std::string(id));
}

TEST(WriteAdvice, ShowsCandidatesCuresAndDeadEndsWithTheirBasis) {
  const KnowledgeBase base = example_base();
  const LineAdvice advice =
      advice_about(rule_named(base, "nginx/verify-20"),
                   {.scheme = "https", .peer = "10.0.0.1:8443"}, base.knowledge, Language::en);
  const auto page = make_page({});
  EXPECT_EQ(write_advice(*page, advice, kBestAdvice, Language::en), 0U);
  const std::string text = page->finish();
  EXPECT_NE(text.find("60% upstream_ca_not_trusted"), std::string::npos);
  EXPECT_NE(text.find("none of them is proved"), std::string::npos);
  EXPECT_NE(text.find("helps about 90% of the time (seen in 6 cases)"), std::string::npos);
  EXPECT_NE(text.find("openssl s_client -connect 10.0.0.1:8443"), std::string::npos);
  EXPECT_NE(text.find("UNSAFE"), std::string::npos);
  EXPECT_EQ(text.find("{family}"), std::string::npos);
}

TEST(WriteAdvice, CountsWhatItHides) {
  const KnowledgeBase base = example_base();
  const LineAdvice advice =
      advice_about(rule_named(base, "nginx/verify-20"), {}, base.knowledge, Language::zh);
  const auto page = make_page({});
  EXPECT_EQ(
      write_advice(*page, advice,
                   {.candidates = 1, .workarounds = 0, .workarounds_per_cause = 0, .dead_ends = 0},
                   Language::zh),
      2U);
}

}  // namespace
}  // namespace handshaked::cli
