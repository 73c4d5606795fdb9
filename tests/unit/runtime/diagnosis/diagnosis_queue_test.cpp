#include "runtime/diagnosis/diagnosis_queue.h"

#include <gtest/gtest.h>

#include <set>

namespace handshaked::runtime {
namespace {

std::string number(int n) { return "inc-" + std::to_string(n); }

TEST(DiagnosisQueue, GivesEachIncidentOnce) {
  DiagnosisQueue queue;
  for (int i = 0; i < 20; ++i) queue.add(number(i % 10), "rule", "place");
  queue.remove(number(3));
  std::set<std::string> taken;
  while (const auto next = queue.take()) EXPECT_TRUE(taken.insert(*next).second);
  EXPECT_EQ(taken.size(), 9U);
  EXPECT_FALSE(taken.contains(number(3)));
}

TEST(DiagnosisQueue, TakesEachRuleAndEachPlaceBeforeAnyTwice) {
  DiagnosisQueue queue;
  for (int i = 0; i < 300; ++i)
    queue.add(number(i), "rule " + std::to_string(i / 100), "place " + std::to_string(i / 50));
  std::set<int> places;
  for (int i = 0; i < 6; ++i) places.insert(std::stoi(queue.take()->substr(4)) / 50);
  EXPECT_EQ(places.size(), 6U);
}

TEST(DiagnosisQueue, FindsEachCauseSoonThoughNothingTellsThemApart) {
  DiagnosisQueue queue;
  // Six causes, fifty of one after fifty of the other, of one rule, each at a place of its own.
  for (int i = 0; i < 300; ++i) queue.add(number(i), "rule", "place " + std::to_string(i));
  std::set<int> causes;
  int taken = 0;
  for (; causes.size() < 6; ++taken) causes.insert(std::stoi(queue.take()->substr(4)) / 50);
  EXPECT_LT(taken, 40);  // in the order in which they came it would be 251
}

TEST(DiagnosisQueue, ALoneIncidentOfAnotherRuleDoesNotWaitForAStorm) {
  DiagnosisQueue queue;
  for (int i = 0; i < 300; ++i) queue.add(number(i), "rule", "place");
  queue.take();
  queue.add("inc-other", "another rule", "another place");
  EXPECT_EQ(queue.take(), "inc-other");
}

}  // namespace
}  // namespace handshaked::runtime
