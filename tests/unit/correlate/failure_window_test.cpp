#include "correlate/failure_window.h"

#include <gtest/gtest.h>

#include "unit/correlate/recognised_line.h"

namespace handshaked::correlate {
namespace {

TEST(FailureWindow, CountsTheLastFiveMinutes) {
  FailureWindow window;
  for (int second = 0; second < 600; ++second) window.add(at(second), 2);
  EXPECT_NEAR(window.rate_per_minute(at(599), at(0)), 120, 13);
  EXPECT_NEAR(window.rate_per_minute(at(599 + 150), at(0)), 60, 13);
  EXPECT_EQ(window.rate_per_minute(at(599 + 400), at(0)), 0);
}

TEST(FailureWindow, SpreadsAYoungFaultOverItsLifetimeOnly) {
  FailureWindow window;
  window.add(at(0), 30);
  EXPECT_EQ(window.rate_per_minute(at(1), at(0)), 30);
  EXPECT_EQ(window.rate_per_minute(at(120), at(0)), 15);
}

TEST(FailureWindow, TakesTimesOutOfOrderAndFromLongAgo) {
  FailureWindow window;
  window.add(at(600), 1);
  window.add(at(560), 1);
  window.add(at(0), 100);
  window.add(Time{}, 100);
  EXPECT_NEAR(window.rate_per_minute(at(600), at(0)), 2.0 / 5, 0.01);
}

}  // namespace
}  // namespace handshaked::correlate
