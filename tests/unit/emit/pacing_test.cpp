#include "emit/pacing.h"

#include <gtest/gtest.h>

#include <vector>

namespace handshaked::emit {
namespace {

using namespace std::chrono_literals;
constexpr Time kQueued{std::chrono::hours(500'000)};
constexpr Time kStart = kQueued;

TEST(Backoff, DoublesTheLimitUpToTheLast) {
  const BackoffPolicy policy;
  EXPECT_EQ(backoff_limit(policy, 1), 1s);
  EXPECT_EQ(backoff_limit(policy, 2), 2s);
  EXPECT_EQ(backoff_limit(policy, 12), 2048s);
  EXPECT_EQ(backoff_limit(policy, 13), 1h);
  EXPECT_EQ(backoff_limit(policy, 4'000'000'000), 1h);
}

TEST(Backoff, DrawsTheDelayFromZeroToTheLimit) {
  const BackoffPolicy policy;
  EXPECT_EQ(next_attempt_time(policy, kQueued, kQueued, 3, 0.0, {}), kQueued);
  EXPECT_EQ(next_attempt_time(policy, kQueued, kQueued, 3, 0.5, {}), kQueued + 2s);
  EXPECT_LT(*next_attempt_time(policy, kQueued, kQueued, 3, 0.999, {}), kQueued + 4s);
}

TEST(Backoff, GivesReceiversTheTimeTheyAskFor) {
  const BackoffPolicy policy;
  EXPECT_EQ(next_attempt_time(policy, kQueued, kQueued, 1, 0.5, 120s), kQueued + 120s);
  EXPECT_EQ(next_attempt_time(policy, kQueued, kQueued, 13, 0.5, 1s), kQueued + 30min);
}

TEST(Backoff, GivesUpAfterThreeDays) {
  const BackoffPolicy policy;
  EXPECT_TRUE(next_attempt_time(policy, kQueued + 72h - 1us, kQueued, 90, 0.5, {}));
  EXPECT_FALSE(next_attempt_time(policy, kQueued + 72h, kQueued, 90, 0.5, {}));
}

TEST(RateLimit, WithoutALimitEverythingPasses) {
  RateLimit rate(0);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(rate.allows(kStart));
    rate.record(kStart);
  }
  EXPECT_FALSE(rate.is_pacing(kStart));
}

TEST(RateLimit, NeverLetsMoreThanTheLimitPassInAnyMinute) {
  for (const std::size_t limit : {1U, 2U, 3U, 20U, 25U}) {
    RateLimit rate(limit);
    std::vector<Time> sent;
    for (Time now = kStart; now < kStart + 5min; now += 100ms) {
      while (rate.allows(now)) {
        rate.record(now);
        sent.push_back(now);
      }
    }
    for (std::size_t first = 0; first + limit < sent.size(); ++first)
      EXPECT_GE(sent[first + limit] - sent[first], 1min) << limit;
    EXPECT_GE(sent.size(), limit * 5) << limit;  // and it does not starve either
  }
}

TEST(RateLimit, SpreadsTheSecondHalf) {
  RateLimit rate(10);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(rate.allows(kStart));
    rate.record(kStart);
  }
  EXPECT_TRUE(rate.is_pacing(kStart));
  EXPECT_EQ(rate.next_at(kStart), kStart + 6s);
  EXPECT_TRUE(rate.allows(kStart + 6s));
}

TEST(RateLimit, AClockThatIsSetBackStopsNobody) {
  RateLimit rate(4);
  for (int i = 0; i < 4; ++i) rate.record(kStart);
  EXPECT_TRUE(rate.allows(kStart - std::chrono::hours(24)));
}

}  // namespace
}  // namespace handshaked::emit
