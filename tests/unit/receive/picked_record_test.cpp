#include "receive/picked_record.h"

#include <gtest/gtest.h>

namespace handshaked::receive {
namespace {

TEST(Rfc3339Text, WritesMicrosecondsInUniversalTime) {
  EXPECT_EQ(rfc3339_text(Time(Duration(0))), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(rfc3339_text(Time(Duration(1'795'229'895'123'456))), "2026-11-21T02:58:15.123456Z");
  EXPECT_EQ(rfc3339_text(Time(Duration(951'782'400'000'000))), "2000-02-29T00:00:00.000000Z");
}

TEST(Rfc3339Text, GivesNothingForTimesBeyondTheCalendar) {
  EXPECT_EQ(rfc3339_text(Time(Duration(-1))), "");
  EXPECT_EQ(rfc3339_text(Time(std::chrono::seconds(253'402'300'800))), "");
}

}  // namespace
}  // namespace handshaked::receive
