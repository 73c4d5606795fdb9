#include "base/text/number_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace handshaked {
namespace {

TEST(RateText, IsShortAndNeverNoughtForWhatStillFails) {
  EXPECT_EQ(rate_text(0), "0");
  EXPECT_EQ(rate_text(-1), "0");
  EXPECT_EQ(rate_text(std::numeric_limits<double>::quiet_NaN()), "0");
  EXPECT_EQ(rate_text(0.01), "<0.1");
  EXPECT_EQ(rate_text(0.2), "0.2");
  EXPECT_EQ(rate_text(8.4), "8.4");
  EXPECT_EQ(rate_text(9.97), "10");
  EXPECT_EQ(rate_text(120.4), "120");
  EXPECT_EQ(rate_text(12'400), "12,400");
  EXPECT_EQ(rate_text(1'234'567), "1,234,567");
}

TEST(Percent, IsOneWordAndHasADecimalBelowOne) {
  EXPECT_EQ(percent(0.7), "70%");
  EXPECT_EQ(percent(0.004), "0.4%");
  EXPECT_EQ(percent(0), "0%");
  EXPECT_EQ(percent(1.5), "100%");
  EXPECT_EQ(percent(-1), "0%");
  EXPECT_EQ(percent(std::numeric_limits<double>::quiet_NaN()), "?");
}

TEST(WithSeparators, SetsThemByThousands) {
  EXPECT_EQ(with_separators(0), "0");
  EXPECT_EQ(with_separators(999), "999");
  EXPECT_EQ(with_separators(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace handshaked
