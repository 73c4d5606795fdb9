#include "cli/explain/line_examination.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/cli/example_rules.h"

namespace handshaked::cli {
namespace {

class LineExaminationTest : public testing::Test {
 protected:
  KnowledgeBase base_ = example_base();
  parse::TimeZone zone_ = parse::TimeZone::named("UTC").value();
};

TEST_F(LineExaminationTest, SaysWhyEachRuleWinsOrLoses) {
  const LineExamination line(kVerifyLine, base_, zone_);
  ASSERT_EQ(line.trials().size(), 3U);
  ASSERT_NE(line.winner(), nullptr);
  EXPECT_EQ(line.winner()->id, "nginx/verify-20");
  const auto lost =
      std::find_if(line.trials().begin(), line.trials().end(),
                   [](const RuleTrial& trial) { return trial.rule->id == "nginx/client-verify"; });
  ASSERT_NE(lost, line.trials().end());
  ASSERT_EQ(lost->unmet.size(), 1U);
  EXPECT_EQ(lost->unmet[0].name, "contexts");
  EXPECT_EQ(lost->unmet[0].wanted, "client");
  EXPECT_EQ(lost->unmet[0].found, "upstream");
  EXPECT_EQ(line.trials().back().rule->id, "nginx/verify-other");
  EXPECT_TRUE(line.trials().back().unmet.empty());
}

TEST_F(LineExaminationTest, TrustsAGenuineLineAndSaysWhatWouldGoOut) {
  const LineExamination line(kVerifyLine, base_, zone_);
  EXPECT_TRUE(line.trusted());
  EXPECT_TRUE(line.fingerprint().starts_with("v1:"));
  EXPECT_NE(line.notification(Language::en).find("10.0.0.1:8443"), std::string::npos);
}

TEST_F(LineExaminationTest, DoubtsALineWithoutAHeader) {
  const LineExamination line(
      "upstream SSL certificate verify error: (20:unable to get local issuer certificate) while "
      "SSL handshaking to upstream",
      base_, zone_);
  ASSERT_NE(line.winner(), nullptr);
  EXPECT_FALSE(line.trusted());
  ASSERT_FALSE(line.doubts().empty());
  EXPECT_EQ(line.doubts()[0], Doubt::no_header);
  EXPECT_TRUE(line.notification(Language::en).empty());
}

TEST_F(LineExaminationTest, ReadsALineThatNoRuleKnows) {
  const LineExamination line("2026/11/21 02:58:15 [notice] 9#9: signal process started", base_,
                             zone_);
  EXPECT_EQ(line.winner(), nullptr);
  EXPECT_EQ(line.record().message, "signal process started");
  EXPECT_TRUE(line.time().has_value());
}

}  // namespace
}  // namespace handshaked::cli
