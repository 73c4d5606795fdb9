#include "engine/nats/taken_sequences.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace handshaked::engine {
namespace {

TEST(TakenSequences, JoinRangesThatTouchAndSinkIntoTheFloor) {
  TakenSequences taken;
  taken.add(5, 6);
  taken.add(9, 9);
  taken.add(7, 7);
  EXPECT_EQ(taken.text(), "0 5-7 9");
  taken.add(1, 4);
  EXPECT_EQ(taken.text(), "7 9");
  taken.raise_floor(8);
  EXPECT_EQ(taken.text(), "9");
  EXPECT_TRUE(taken.contains(9));
  EXPECT_FALSE(taken.contains(10));
  taken.raise_floor(3);
  EXPECT_EQ(taken.floor(), 9U);
}

TEST(TakenSequences, SayWhereReadingGoesOn) {
  TakenSequences taken;
  EXPECT_FALSE(taken.first_wanted());
  taken.add(700, 705);
  EXPECT_EQ(taken.first_wanted(), 706U) << "it was begun there: nothing before is wanted";
  taken.raise_floor(699);
  taken.add(800, 800);
  EXPECT_EQ(taken.first_wanted(), 706U) << "what was skipped in between comes again";
}

TEST(TakenSequences, CountWhatIsMissing) {
  TakenSequences taken;
  EXPECT_EQ(taken.missing_before(100), 0U) << "nothing was wanted yet";
  taken.add(1, 10);
  EXPECT_EQ(taken.missing_before(5), 0U);
  EXPECT_EQ(taken.missing_before(11), 0U);
  EXPECT_EQ(taken.missing_before(12), 1U);
  taken.add(14, 16);
  taken.add(20, 29);
  EXPECT_EQ(taken.missing_before(18), 4U);  // 11 to 13, 17
  EXPECT_EQ(taken.missing_before(22), 6U);  // and 18, 19
  EXPECT_EQ(taken.missing_before(31), 7U);
  TakenSequences begun_late;
  begun_late.add(700, 705);
  EXPECT_EQ(begun_late.missing_before(709), 3U);
}

// The oracle is a plain set: whatever was added, in whatever order, is contained and nothing else
// is.
TEST(TakenSequences, HoldExactlyWhatWasAdded) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    TakenSequences taken;
    std::set<std::uint64_t> model;
    for (int step = 0; step < 60; ++step) {
      const std::uint64_t first = 1 + random() % 90, last = first + random() % 6;
      if (random() % 8 == 0) {
        taken.raise_floor(first / 3);
        for (std::uint64_t n = 1; n <= first / 3; ++n) model.insert(n);
      } else {
        taken.add(first, last);
        for (std::uint64_t n = first; n <= last; ++n) model.insert(n);
      }
      for (std::uint64_t n = 1; n <= 100; ++n)
        ASSERT_EQ(taken.contains(n), model.contains(n)) << "seed " << seed << ", " << n;
      const auto again = TakenSequences::parse(taken.text());
      ASSERT_TRUE(again) << taken.text();
      ASSERT_EQ(again.value(), taken) << taken.text();
    }
  }
}

TEST(TakenSequences, RefuseWhatTheyNeverWrite) {
  for (const char* text : {"", " 1", "x", "1 ", "1 5-", "1 5-4", "9 5", "1 5 5", "1 7 3", "1  2",
                           "18446744073709551616", "-1", "1 3\n"})
    EXPECT_FALSE(TakenSequences::parse(text)) << text;
}

}  // namespace
}  // namespace handshaked::engine
