#include "cli/log/fault_rates.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace handshaked::cli {
namespace {

Time minute(std::int64_t number) { return Time(std::chrono::minutes(number)); }
std::uint64_t sum_of(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

TEST(FaultRates, CountsByTheMinuteWhileTheLogIsShort) {
  FaultRates rates;
  rates.add("a", minute(100), 2);
  rates.add("b", minute(100), 1);
  rates.add("a", minute(103), 5);
  EXPECT_EQ(rates.begin(), minute(100));
  EXPECT_EQ(rates.span(), std::chrono::minutes(1));
  EXPECT_EQ(rates.of("a"), (std::vector<std::uint64_t>{2, 0, 0, 5}));
  EXPECT_EQ(rates.of("b"), (std::vector<std::uint64_t>{1, 0, 0, 0}));
  EXPECT_EQ(rates.of("unknown"), (std::vector<std::uint64_t>{0, 0, 0, 0}));
  EXPECT_EQ(rates.all(), (std::vector<std::uint64_t>{3, 0, 0, 5}));
}

TEST(FaultRates, OfNothingHasNoSpans) {
  EXPECT_TRUE(FaultRates().empty());
  EXPECT_EQ(FaultRates().spans(), 0U);
  EXPECT_TRUE(FaultRates().all().empty());
}

TEST(FaultRates, LosesNoLineWhateverTheOrderAndTheLengthOfTheLog) {
  std::mt19937 random(7);
  for (const std::int64_t length : {1, 95, 96, 97, 5'000, 600'000}) {
    FaultRates rates;
    std::uint64_t of_a = 0, of_b = 0;
    for (int i = 0; i < 500; ++i) {
      const std::int64_t at = static_cast<std::int64_t>(random() % static_cast<unsigned>(length)) -
                              length / 2;  // before 1970, too
      const std::uint64_t count = random() % 9 + 1;
      rates.add(i % 3 == 0 ? "a" : "b", minute(at), count);
      (i % 3 == 0 ? of_a : of_b) += count;
    }
    EXPECT_LE(rates.spans(), static_cast<std::size_t>(FaultRates::kMostSpans)) << length;
    EXPECT_EQ(sum_of(rates.of("a")), of_a) << length;
    EXPECT_EQ(sum_of(rates.of("b")), of_b) << length;
    EXPECT_EQ(sum_of(rates.all()), of_a + of_b) << length;
    EXPECT_GT(rates.all().front(), 0U) << length;
    EXPECT_GT(rates.all().back(), 0U) << length;
  }
}

}  // namespace
}  // namespace handshaked::cli
