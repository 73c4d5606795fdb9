#include "parse/time_zone.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

namespace handshaked::parse {
namespace {

LocalTime at(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute,
             unsigned second = 0) {
  const auto small = [](unsigned value) { return static_cast<std::uint8_t>(value); };
  return {.year = static_cast<std::uint16_t>(year),
          .month = small(month),
          .day = small(day),
          .hour = small(hour),
          .minute = small(minute),
          .second = small(second)};
}

std::string resolved(TimeZone& zone, const LocalTime& time) {
  const auto moment = zone.resolve(time);
  return moment ? format_rfc3339(*moment) : "none";
}

TEST(TimeZone, TakesOffsetsNamesAndUtc) {
  TimeZone utc = TimeZone::named("UTC").value();
  EXPECT_EQ(resolved(utc, at(2026, 11, 21, 2, 58, 15)), "2026-11-21T02:58:15Z");
  TimeZone china = TimeZone::named("+08:00").value();
  EXPECT_EQ(resolved(china, at(2026, 11, 21, 2, 58, 15)), "2026-11-21T02:58:15+08:00");
  TimeZone behind = TimeZone::named("-0330").value();
  EXPECT_EQ(resolved(behind, at(2026, 11, 21, 2, 58, 15)), "2026-11-21T02:58:15-03:30");
  TimeZone berlin = TimeZone::named("Europe/Berlin").value();
  EXPECT_EQ(resolved(berlin, at(2026, 7, 1, 12, 0)), "2026-07-01T12:00:00+02:00");
  EXPECT_EQ(resolved(berlin, at(2026, 12, 1, 12, 0)), "2026-12-01T12:00:00+01:00");
}

TEST(TimeZone, RefusesWhatNoDatabaseKnows) {
  for (const char* const name :
       {"Mars/Olympus", "+25:00", "08:00", "+8", "+08:99", "../../etc/passwd"})
    EXPECT_FALSE(TimeZone::named(name)) << name;
}

TEST(TimeZone, TakesTheEarlierMomentOfARepeatedHour) {
  TimeZone berlin = TimeZone::named("Europe/Berlin").value();
  EXPECT_EQ(resolved(berlin, at(2026, 10, 25, 1, 59, 59)), "2026-10-25T01:59:59+02:00");
  EXPECT_EQ(resolved(berlin, at(2026, 10, 25, 2, 30)), "2026-10-25T02:30:00+02:00");
  EXPECT_EQ(resolved(berlin, at(2026, 10, 25, 3, 0)), "2026-10-25T03:00:00+01:00");
}

TEST(TimeZone, OfTheHostAnswersTheSameWhateverWasAskedBefore) {
  const char* const before = std::getenv("TZ");
  const std::string saved = before == nullptr ? "" : before;
  ::setenv("TZ", "Europe/Berlin", 1);
  ::tzset();
  TimeZone after_summer = TimeZone::named("local").value();
  EXPECT_EQ(resolved(after_summer, at(2026, 7, 1, 12, 0)), "2026-07-01T12:00:00+02:00");
  EXPECT_EQ(resolved(after_summer, at(2026, 10, 25, 2, 30)), "2026-10-25T02:30:00+02:00");
  TimeZone after_winter = TimeZone::named("local").value();
  EXPECT_EQ(resolved(after_winter, at(2026, 12, 1, 12, 0)), "2026-12-01T12:00:00+01:00");
  EXPECT_EQ(resolved(after_winter, at(2026, 10, 25, 2, 30)), "2026-10-25T02:30:00+02:00");
  if (before == nullptr) ::unsetenv("TZ");
  else ::setenv("TZ", saved.c_str(), 1);
  ::tzset();
}

TEST(TimeZone, KnowsNoTimeThatNoCalendarKnows) {
  TimeZone utc = TimeZone::named("UTC").value();
  for (const LocalTime& time : {at(2026, 2, 30, 0, 0), at(2026, 13, 1, 0, 0), at(2026, 1, 1, 24, 0),
                                at(2026, 1, 1, 0, 60), at(2026, 1, 1, 0, 0, 61), LocalTime{}}) {
    EXPECT_FALSE(utc.resolve(time));
  }
  EXPECT_TRUE(utc.resolve(at(2024, 2, 29, 23, 59, 60)));
}

TEST(TimeZone, ReadsAndWritesRfc3339) {
  for (const char* const text : {"2026-11-21T02:58:15Z", "2026-11-21T02:58:15+01:00",
                                 "2026-11-21T02:58:15.123000-05:30", "1999-12-31T23:59:59Z"}) {
    const auto time = parse_rfc3339(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(format_rfc3339(*time), text);
  }
  EXPECT_EQ(parse_rfc3339("2026-11-21T02:58:15.123456789Z")->utc,
            parse_rfc3339("2026-11-21T03:58:15.123456+01:00")->utc);
  for (const char* const text :
       {"", "2026-11-21", "2026-11-21T02:58:15", "2026-11-21T02:58:15+", "2026-99-21T02:58:15Z",
        "2026-11-21T02:58:15Zx", "-026-11-21T02:58:15Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

}  // namespace
}  // namespace handshaked::parse
