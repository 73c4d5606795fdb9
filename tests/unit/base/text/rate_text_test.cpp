#include "base/text/rate_text.h"

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

}  // namespace
}  // namespace handshaked
