#include "correlate/failure_window.h"

#include <gtest/gtest.h>

#include "unit/correlate/recognised_line.h"

namespace handshaked::correlate {
namespace {

TEST(FailureWindow, CountsTheLastFiveMinutes) {
  FailureWindow window;
  for (int second = 0; second < 600; ++second) window.add(at(second), 2);
  for (int late = 0; late < 30; ++late)
    EXPECT_NEAR(window.rate_per_minute(at(599 + late), at(0)), 120, 0.12 * 120) << late;
  EXPECT_NEAR(window.rate_per_minute(at(599), at(0)), 120, 1);
  EXPECT_NEAR(window.rate_per_minute(at(599 + 150), at(0)), 60, 13);
  EXPECT_EQ(window.rate_per_minute(at(599 + 400), at(0)), 0);
}

TEST(FailureWindow, SpreadsAYoungFaultOverItsLifetimeOnly) {
  FailureWindow window;
  window.add(at(0), 30);
  EXPECT_EQ(window.rate_per_minute(at(120), at(0)), 15);
}

TEST(FailureWindow, TellsTheRateOfAFirstMinuteAsItIs) {
  for (const int lines_a_second : {1, 5, 20}) {
    FailureWindow window;
    for (int second = 0; second < 60; ++second) {
      window.add(at(second), static_cast<std::uint64_t>(lines_a_second));
      if (second >= 10) {
        EXPECT_NEAR(window.rate_per_minute(at(second), at(0)), lines_a_second * 60,
                    lines_a_second * 7)
            << second;
      }
    }
  }
}

TEST(FailureWindow, MakesNoStormOfASingleLine) {
  FailureWindow window;
  window.add(at(0), 1);
  for (const int second : {0, 1, 10, 30, 59, 60})
    EXPECT_EQ(window.rate_per_minute(at(second), at(0)), 1) << second;
  window.add(at(1), 1);  // nginx tried the next peer
  EXPECT_LE(window.rate_per_minute(at(1), at(0)), 6);
}

TEST(FailureWindow, TakesTimesOutOfOrderAndFromLongAgo) {
  FailureWindow window;
  window.add(at(600), 1);
  window.add(at(560), 1);
  window.add(at(0), 100);
  window.add(Time{}, 100);
  EXPECT_NEAR(window.rate_per_minute(at(600), at(0)), 2.0 / 4.5, 0.01);
}

}  // namespace
}  // namespace handshaked::correlate
