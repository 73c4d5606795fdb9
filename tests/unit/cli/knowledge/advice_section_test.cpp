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

TEST(FilledIn, ChoosesTheFamilyOfDirectives) {
  EXPECT_EQ(filled_in("{family}_ssl_verify on; {family}_ssl_name x;", {.scheme = "grpcs", .peer = {}}),
            "grpc_ssl_verify on; grpc_ssl_name x;");
  EXPECT_EQ(filled_in("{family}_ssl_verify", {.scheme = "suwsgi", .peer = {}}), "uwsgi_ssl_verify");
  EXPECT_EQ(filled_in("{family}_ssl_verify", {}), "proxy_ssl_verify");
}

TEST(FilledIn, PutsThePeerIntoCommands) {
  EXPECT_EQ(filled_in("openssl s_client -connect PEER:PORT", {.scheme = "https", .peer = "10.0.0.1:8443"}),
            "openssl s_client -connect 10.0.0.1:8443");
  EXPECT_EQ(filled_in("s_client -connect PEER -x", {.scheme = "https", .peer = "[2001:db8::1]:443"}),
            "s_client -connect [2001:db8::1]:443 -x");
}

TEST(FilledIn, NeverPutsShellTextIntoACommand) {
  for (const char* peer : {"$(id):443", "a;b:443", "-x:443", "a b:443", "x:44`3", "unix:/run/x.sock", "backend", ":443"}) {
    EXPECT_EQ(filled_in("-connect PEER:PORT", {.scheme = "https", .peer = peer}), "-connect PEER:PORT") << peer;
  }
}

TEST(WriteAdvice, ShowsCandidatesCuresAndDeadEndsWithTheirBasis) {
  const KnowledgeBase base = example_base();
  const LineAdvice advice =
      advice_about(rule_named(base, "nginx/verify-20"), {.scheme = "https", .peer = "10.0.0.1:8443"}, base.knowledge, Language::en);
  const auto page = make_page({});
  EXPECT_EQ(write_advice(*page, advice, kBestAdvice, Language::en), 0U);
  const std::string text = page->finish();
  EXPECT_NE(text.find("60% upstream_ca_not_trusted"), std::string::npos);
  EXPECT_NE(text.find("nothing is proved"), std::string::npos);
  EXPECT_NE(text.find("helps about 90% of the time (seen in 6 cases)"), std::string::npos);
  EXPECT_NE(text.find("openssl s_client -connect 10.0.0.1:8443"), std::string::npos);
  EXPECT_NE(text.find("UNSAFE"), std::string::npos);
  EXPECT_EQ(text.find("{family}"), std::string::npos);
}

TEST(WriteAdvice, CountsWhatItHides) {
  const KnowledgeBase base = example_base();
  const LineAdvice advice = advice_about(rule_named(base, "nginx/verify-20"), {}, base.knowledge, Language::zh);
  const auto page = make_page({});
  EXPECT_EQ(write_advice(*page, advice, {.candidates = 1, .workarounds = 0, .workarounds_per_cause = 0, .dead_ends = 0}, Language::zh), 2U);
}

}  // namespace
}  // namespace handshaked::cli
