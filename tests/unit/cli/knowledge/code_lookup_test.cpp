#include "cli/knowledge/code_lookup.h"

#include <gtest/gtest.h>

#include "unit/cli/example_rules.h"

namespace handshaked::cli {
namespace {

std::vector<std::string> ids(const CodeMeaning& meaning) {
  std::vector<std::string> list;
  for (const match::Rule* rule : meaning.rules) list.push_back(rule->id);
  return list;
}

class CodeLookup : public testing::Test {
 protected:
  KnowledgeBase base_ = example_base();
};

TEST_F(CodeLookup, FindsTheRulesOfAVerifyCodeOnBothSides) {
  const CodeMeaning meaning = look_up_verify_code(20, *base_.rules);
  EXPECT_EQ(meaning.text, "unable to get local issuer certificate");
  EXPECT_EQ(ids(meaning), (std::vector<std::string>{"nginx/client-verify", "nginx/verify-20"}));
  EXPECT_FALSE(meaning.only_general_rules);
}

TEST_F(CodeLookup, SaysWhenOnlyAGeneralRuleCatchesACode) {
  const CodeMeaning meaning = look_up_verify_code(10, *base_.rules);
  EXPECT_TRUE(meaning.only_general_rules);
  EXPECT_EQ(ids(meaning), std::vector<std::string>{"nginx/verify-other"});
}

TEST_F(CodeLookup, KnowsNoTextForANumberThatOpensslDoesNotHave) {
  EXPECT_TRUE(look_up_verify_code(777, *base_.rules).text.empty());
  EXPECT_TRUE(look_up_alert(200, *base_.rules).text.empty());
}

TEST_F(CodeLookup, FindsAnAlertByNumberAndByPackedCodeOfEveryVersion) {
  EXPECT_EQ(ids(look_up_alert(48, *base_.rules)), std::vector<std::string>{"nginx/alert-48"});
  for (const char* code :
       {"0A000418", "0x0a000418", "error:0A000418", "14094418",
        "error:14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:SSL alert number 48"}) {
    const CodeMeaning meaning = look_up_openssl_error(code, *base_.rules);
    EXPECT_EQ(ids(meaning), std::vector<std::string>{"nginx/alert-48"}) << code;
    EXPECT_EQ(meaning.text, "tlsv1 alert unknown ca") << code;
  }
}

TEST_F(CodeLookup, ReadsTheErrorsOfTheOperatingSystem) {
  EXPECT_EQ(look_up_openssl_error("80000002", *base_.rules).text, "No such file or directory");
}

}  // namespace
}  // namespace handshaked::cli
