#include "emit/backoff.h"

#include <gtest/gtest.h>

namespace handshaked::emit {
namespace {

using namespace std::chrono_literals;
constexpr Time kQueued{std::chrono::hours(500'000)};

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

}  // namespace
}  // namespace handshaked::emit
