#include "match/rule_file.h"

#include <gtest/gtest.h>

namespace handshaked::match {
namespace {

const std::string kGood = R"({
  "id": "nginx/a",
  "signature": "a line",
  "signature_zh": "一行",
  "regex": "a line \\(20:",
  "side": "upstream",
  "kind": "fault",
  "severity": "critical",
  "noise": false,
  "causes": [{"cause": "some_cause", "likelihood": 0.7, "tell_apart": "so"}],
  "something_of_tomorrow": {"kept": true}
})";

LoadedRules read(const std::string& json) {
  LoadedRules loaded;
  read_rules(json, "x.json", loaded);
  return loaded;
}
std::string with(const std::string& from, const std::string& to) {
  std::string json = kGood;
  json.replace(json.find(from), from.size(), to);
  return json;
}

TEST(RuleFile, EndsOnDeepNesting) {
  for (const char* const open : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 200'000; ++i) deep += open;
    const LoadedRules loaded = read(deep);
    EXPECT_TRUE(loaded.rules.empty());
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_EQ(loaded.problems.front().line, 1U);
  }
}

TEST(RuleFile, ReadsOurForm) {
  const LoadedRules loaded = read(kGood);
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().message();
  ASSERT_EQ(loaded.rules.size(), 1U);
  const Rule& rule = loaded.rules.front();
  EXPECT_EQ(rule.id, "nginx/a");
  EXPECT_EQ(rule.title_zh, "一行");
  EXPECT_EQ(rule.severity, Severity::critical);
  EXPECT_EQ(rule.contexts, (std::vector<parse::Side>{parse::Side::upstream}));
  EXPECT_EQ(rule.causes.front().cause, "some_cause");
  EXPECT_EQ(rule.line, 2U);
  EXPECT_FALSE(rule.imported);
  EXPECT_NE(rule.json.find("something_of_tomorrow"), std::string::npos);
}

TEST(RuleFile, ReadsAnArrayOfEntries) {
  EXPECT_EQ(read("[" + kGood + "," + with("nginx/a", "nginx/b") + "]").rules.size(), 2U);
}

TEST(RuleFile, TakesPublicEntriesAsTheyAreButImported) {
  const LoadedRules flat =
      read(R"({"id":"nginx/p","signature":"s","regex":"x.*y","domain":"nginx"})");
  ASSERT_EQ(flat.rules.size(), 1U);
  EXPECT_TRUE(flat.rules.front().imported);
  const LoadedRules canon = read(
      R"({"id":"net/p","url":"https://x/","error":{"signature":"s","regex":"a|b"},"verdict":{}})");
  ASSERT_EQ(canon.rules.size(), 1U);
  EXPECT_TRUE(canon.rules.front().imported);
  EXPECT_EQ(canon.rules.front().url, "https://x/");
}

TEST(RuleFile, NamesFileLineAndReasonOfWhatIsWrong) {
  const auto first = [](const std::string& json) {
    const LoadedRules loaded = read(json);
    EXPECT_TRUE(loaded.rules.empty());
    return loaded.problems.empty() ? std::string("no problem") : loaded.problems.front().message();
  };
  EXPECT_NE(first(with("\"fault\"", "\"falut\"")).find("x.json:7: kind: \"falut\" is none of"),
            std::string::npos);
  EXPECT_NE(first(with("\"a line \\\\(20:\"", "\"a (\"")).find("x.json:5: regex: "),
            std::string::npos);
  EXPECT_NE(first(with("\"a line \\\\(20:\"", "\"(a{1000}){1000}\"")).find("x.json:5: regex: "),
            std::string::npos);
  EXPECT_NE(first(with("\"noise\": false", "\"noise\": \"no\""))
                .find("x.json:9: noise: must be true or false"),
            std::string::npos);
  EXPECT_NE(first(with("0.7", "\"much\"")).find("causes"), std::string::npos);
  EXPECT_NE(first(with("\"id\": \"nginx/a\",", "")).find("has no \"id\""), std::string::npos);
  EXPECT_NE(first("{\n\"id\": \"a\",\n\"x\": nonsense\n}").find("not valid JSON"),
            std::string::npos);
  EXPECT_NE(first("[1]").find("is not an object"), std::string::npos);
}

TEST(RuleFile, ReportsEveryProblemAndKeepsTheGoodRules) {
  const LoadedRules loaded =
      read("[" + with("\"fault\"", "\"x\"") + "," + with("nginx/a", "nginx/b") + "," +
           with("\"critical\"", "\"y\"") + "]");
  EXPECT_EQ(loaded.rules.size(), 1U);
  EXPECT_EQ(loaded.problems.size(), 2U);
}

}  // namespace
}  // namespace handshaked::match
