#include "telemetry/log_limiter.h"

#include <gtest/gtest.h>

namespace handshaked::telemetry {
namespace {

using std::chrono::seconds;
using Time = LogLimiter::Time;

LogLimiter limiter() {
  return LogLimiter({.burst = 3, .interval = seconds(30), .most_classes = 2});
}

int said(LogLimiter& limiter, std::string_view message_class, int times, Time now) {
  int count = 0;
  for (int i = 0; i < times; ++i)
    count += limiter.may_say(message_class, 2, "text " + std::to_string(i), now) ? 1 : 0;
  return count;
}

TEST(LogLimiter, LetsABurstThroughAndCountsTheRest) {
  LogLimiter log = limiter();
  EXPECT_EQ(said(log, "a", 10, Time()), 3);
  EXPECT_TRUE(log.take_held(Time() + seconds(29)).empty());
  const auto held = log.take_held(Time() + seconds(30));
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held.front().count, 7U);
  EXPECT_EQ(held.front().level, 2);
  EXPECT_EQ(held.front().text, "text 9");
  EXPECT_EQ(said(log, "a", 10, Time() + seconds(30)), 3)
      << "a class whose count was told begins anew";
}

TEST(LogLimiter, HoldsClassesApart) {
  LogLimiter log = limiter();
  EXPECT_EQ(said(log, "a", 10, Time()), 3);
  EXPECT_EQ(said(log, "b", 2, Time()), 2);
}

TEST(LogLimiter, DoesNotForgetWhatNobodyAskedFor) {
  LogLimiter log = limiter();
  EXPECT_EQ(said(log, "a", 4, Time()), 3);
  EXPECT_EQ(said(log, "a", 1, Time() + seconds(100)), 0);
  const auto held = log.take_held(Time() + seconds(100));
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held.front().count, 2U);
}

TEST(LogLimiter, SlowMessagesAreAllSaid) {
  LogLimiter log = limiter();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(said(log, "a", 1, Time() + seconds(30 * i)), 1) << i;
}

TEST(LogLimiter, HasABoundOnClasses) {
  LogLimiter log = limiter();
  for (int i = 0; i < 100; ++i) said(log, "class " + std::to_string(i), 1, Time());
  std::uint64_t count = 0;
  const auto held = log.take_held(Time(), true);
  for (const LogLimiter::Held& one : held) count += one.count;
  EXPECT_EQ(held.size(), 1U) << "what is too much shares a class";
  EXPECT_EQ(count, 100U - 2U - 3U);
}

TEST(LogLimiter, TellsEverythingAtTheEnd) {
  LogLimiter log = limiter();
  said(log, "a", 5, Time());
  EXPECT_EQ(log.take_held(Time(), true).size(), 1U);
  EXPECT_TRUE(log.take_held(Time(), true).empty());
}

}  // namespace
}  // namespace handshaked::telemetry
