#include "cli/explain/explain_question.h"

#include <gtest/gtest.h>

#include "unit/cli/example_rules.h"

namespace handshaked::cli {
namespace {

using Kind = Question::Kind;

Question ask(std::string_view text) {
  static const KnowledgeBase base = example_base();
  return understand(text, base);
}

TEST(Understand, TakesShortNumbersForVerifyCodes) {
  EXPECT_EQ(ask("20").kind, Kind::verify_code);
  EXPECT_EQ(ask(" 20 ").number, 20);
  EXPECT_EQ(ask("(20:unable to get local issuer certificate)").kind, Kind::verify_code);
  EXPECT_EQ(ask("code 20").number, 20);
}

TEST(Understand, TakesAlertsInTheirUsualSpellings) {
  for (const char* text : {"alert 48", "Alert number 48", "SSL alert number 48"}) {
    EXPECT_EQ(ask(text).kind, Kind::alert) << text;
    EXPECT_EQ(ask(text).number, 48) << text;
  }
  EXPECT_NE(ask("alert 4800").kind, Kind::alert);
}

TEST(Understand, TakesEightHexadecimalDigitsForAnOpensslError) {
  for (const char* text : {"0A000418", "0a000418", "0x0A000418", "14094418", "error:0A000418",
                           "error:0A000418:SSL routines::tlsv1 alert unknown ca"}) {
    EXPECT_EQ(ask(text).kind, Kind::openssl_error) << text;
  }
}

TEST(Understand, TakesRulesWithAndWithoutTheirPrefix) {
  EXPECT_EQ(ask("nginx/verify-20").kind, Kind::rule);
  EXPECT_EQ(ask("verify-20").rule->id, "nginx/verify-20");
}

TEST(Understand, TakesTextWithBlanksForALine) { EXPECT_EQ(ask(kVerifyLine).kind, Kind::line); }

TEST(Understand, OffersNamesThatShareWords) {
  const Question question = ask("verify_20x");
  EXPECT_EQ(question.kind, Kind::unknown);
  EXPECT_EQ(ask("nginx-verify").similar.empty(), false);
  EXPECT_TRUE(ask("zzz").similar.empty());
}

}  // namespace
}  // namespace handshaked::cli
