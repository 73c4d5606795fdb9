#include "receive/record/epoch_time.h"

#include <gtest/gtest.h>

#include <limits>

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

TEST(Rfc3339OfEpoch, TellsTheUnitByTheSize) {
  EXPECT_EQ(rfc3339_of_epoch(std::int64_t{1'795'229'895}), "2026-11-21T02:58:15.000000Z");
  EXPECT_EQ(rfc3339_of_epoch(std::int64_t{1'795'229'895'123}), "2026-11-21T02:58:15.123000Z");
  EXPECT_EQ(rfc3339_of_epoch(std::int64_t{1'795'229'895'123'456}), "2026-11-21T02:58:15.123456Z");
  EXPECT_EQ(rfc3339_of_epoch(std::int64_t{1'795'229'895'123'456'789}),
            "2026-11-21T02:58:15.123456Z");
  EXPECT_EQ(rfc3339_of_epoch(1'795'229'895.25), "2026-11-21T02:58:15.250000Z");
  EXPECT_EQ(rfc3339_of_epoch(1'795'229'895'123.5), "2026-11-21T02:58:15.123500Z");
}

TEST(Rfc3339OfEpoch, EachUnitHasItsEnd) {
  EXPECT_EQ(rfc3339_of_epoch(std::int64_t{99'999'999}), "");
  EXPECT_EQ(rfc3339_of_epoch(std::int64_t{100'000'000}), "1973-03-03T09:46:40.000000Z");
  EXPECT_EQ(rfc3339_of_epoch(std::int64_t{99'999'999'999}), "5138-11-16T09:46:39.000000Z");
  EXPECT_EQ(rfc3339_of_epoch(std::int64_t{100'000'000'000}), "1973-03-03T09:46:40.000000Z");
  EXPECT_EQ(rfc3339_of_epoch(std::int64_t{100'000'000'000'000}), "1973-03-03T09:46:40.000000Z");
  EXPECT_EQ(rfc3339_of_epoch(std::int64_t{100'000'000'000'000'000}), "1973-03-03T09:46:40.000000Z");
  EXPECT_EQ(rfc3339_of_epoch(std::numeric_limits<std::int64_t>::max()),
            "2262-04-11T23:47:16.854775Z");
}

TEST(Rfc3339OfEpoch, ReadsNumbersThatAreText) {
  EXPECT_EQ(rfc3339_of_epoch(std::string_view("1795229895")), "2026-11-21T02:58:15.000000Z");
  EXPECT_EQ(rfc3339_of_epoch(std::string_view("1795229895.5 \n")), "2026-11-21T02:58:15.500000Z");
  EXPECT_EQ(rfc3339_of_epoch(std::string_view("1.795229895e9")), "2026-11-21T02:58:15.000000Z");
}

TEST(Rfc3339OfEpoch, GivesNothingForWhatIsNoMoment) {
  for (const std::string_view text :
       {"", " ", "0", "0.123", "15", "-1795229895", "1e999", "1795229895x", "2026-11-21T02:58:15Z",
        "nan", "99999999999999999999", "17952298951795229895179522989517952298951795229895"})
    EXPECT_EQ(rfc3339_of_epoch(text), "") << text;
  EXPECT_EQ(rfc3339_of_epoch(std::numeric_limits<double>::quiet_NaN()), "");
  EXPECT_EQ(rfc3339_of_epoch(std::numeric_limits<double>::infinity()), "");
  EXPECT_EQ(rfc3339_of_epoch(-1.0), "");
}

}  // namespace
}  // namespace handshaked::receive
