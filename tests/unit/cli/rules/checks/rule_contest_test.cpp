#include "cli/rules/checks/rule_contest.h"

#include <gtest/gtest.h>

#include "match/rule_file.h"

namespace handshaked::cli {
namespace {

std::string entry(const std::string& id, const std::string& regex) {
  return "{\"id\":\"" + id + "\",\"signature\":\"s\",\"regex\":\"" + regex +
         "\",\"side\":\"config\",\"kind\":\"fault\",\"severity\":\"info\",\"noise\":false,"
         "\"causes\":[{\"cause\":\"c\",\"likelihood\":1}],"
         "\"samples\":[{\"line\":\"a\",\"origin\":\"o\"},{\"line\":\"b\"},1]}";
}
std::shared_ptr<const match::RuleSet> rules(const std::string& json) {
  match::LoadedRules loaded;
  match::read_rules("[" + json + "]", "x", loaded);
  EXPECT_TRUE(loaded.problems.empty());
  return std::make_shared<const match::RuleSet>(std::move(loaded.rules));
}

TEST(RuleContest, TellsAVictoryOfTheAlphabetFromOneOfSubstance) {
  RuleContest contest(rules(entry("b", "cannot load (?:x|y)") + "," +
                            entry("a", "cannot load [xz]y?y?y?x") + "," + entry("c", "cannot")));
  const auto equal = contest.judge("2026/11/21 02:58:15 [emerg] 9#9: cannot load xx");
  ASSERT_NE(equal.winner, nullptr);
  EXPECT_EQ(equal.winner->id, "a");
  ASSERT_NE(equal.equal, nullptr);
  EXPECT_EQ(equal.equal->id, "b");
  const auto clear = contest.judge("2026/11/21 02:58:15 [emerg] 9#9: cannot load y");
  EXPECT_EQ(clear.winner->id, "b");
  EXPECT_EQ(clear.equal, nullptr);
  EXPECT_EQ(contest.judge("2026/11/21 02:58:15 [debug] 9#9: cannot load y").winner, nullptr);
  EXPECT_EQ(contest.judge("other").winner, nullptr);
}

TEST(RuleContest, ReadsTheLinesOfAnEntry) {
  const auto set = rules(entry("a", "a"));
  const auto lines = lines_of(set->rules().front(), "samples");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].origin, "o");
  EXPECT_EQ(lines[1].origin, "");
  EXPECT_TRUE(lines_of(set->rules().front(), "near_misses").empty());
}

}  // namespace
}  // namespace handshaked::cli
