#include "nginx/configuration/time_value.h"

#include <gtest/gtest.h>

namespace handshaked::nginx {
namespace {

using std::chrono::milliseconds;

TEST(TimeValue, ReadsWhatNginxReads) {
  EXPECT_EQ(parse_time_value("60"), milliseconds(60'000));
  EXPECT_EQ(parse_time_value("500ms"), milliseconds(500));
  EXPECT_EQ(parse_time_value("1m30s"), milliseconds(90'000));
  EXPECT_EQ(parse_time_value("1h 30m"), milliseconds(5'400'000));
  EXPECT_EQ(parse_time_value("1M"), milliseconds(2'592'000'000));
  EXPECT_EQ(parse_time_value("0"), milliseconds(0));
}

TEST(TimeValue, RefusesWhatNginxRefuses) {
  for (const char* const text :
       {"", "s", "1x", "30s1m", "1s2s", "-1", "1.5s", "99999999999999999999", "101y", "1m ms"}) {
    EXPECT_EQ(parse_time_value(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace handshaked::nginx
