#include "notify/silence.h"

#include <gtest/gtest.h>

#include "unit/notify/some_incidents.h"

namespace handshaked::notify {
namespace {

Silence silence_of(const std::string& text, Time from, Time until) {
  Silence silence;
  silence.matchers = {matcher(text)};
  silence.starts_at = from;
  silence.ends_at = until;
  silence.created_by = "root";
  silence.comment = "re-issue of \"the\" CA";
  return silence;
}

TEST(SilenceBook, SilencesWhatMatchesWhileItLasts) {
  SilenceBook book;
  const auto incident = incident_at(1, at(0));
  const auto added = book.add(silence_of("server=gw", at(10), at(20)), at(0));
  ASSERT_TRUE(added);
  EXPECT_TRUE(added.value().id.starts_with("sil-"));
  EXPECT_TRUE(book.silencing(incident, at(9)).empty());
  EXPECT_EQ(book.silencing(incident, at(10)).size(), 1U);
  EXPECT_TRUE(book.silencing(incident, at(20)).empty());
  EXPECT_EQ(book.next_change(at(0)), at(10));
  EXPECT_EQ(book.next_change(at(10)), at(20));
  EXPECT_FALSE(book.next_change(at(20)));
  book.forget_ended(at(20));
  EXPECT_TRUE(book.list().empty());
}

TEST(SilenceBook, RefusesWhatWouldSilenceEverythingOrForEver) {
  SilenceBook book;
  EXPECT_FALSE(book.add(Silence{}, at(0)));
  EXPECT_FALSE(book.add(silence_of("rule=~.*", at(0), at(10)), at(0)));
  EXPECT_FALSE(book.add(silence_of("server=gw", at(0), at(0)), at(0)));
  EXPECT_FALSE(book.add(silence_of("server=gw", at(-20), at(-10)), at(0)));
  EXPECT_FALSE(book.add(silence_of("server=gw", at(0), at(400.0 * 86400)), at(0)));
  for (std::size_t i = 0; i < SilenceBook::kMost; ++i)
    ASSERT_TRUE(book.add(silence_of("server=gw", at(0), at(10)), at(0)));
  EXPECT_EQ(book.add(silence_of("server=gw", at(0), at(10)), at(0)).error().code(),
            ErrorCode::limit_exceeded);
}

TEST(SilenceBook, ExpiresOnce) {
  SilenceBook book;
  const std::string id = book.add(silence_of("server=gw", at(0), at(100)), at(0)).value().id;
  const auto expired = book.expire(id, at(50));
  ASSERT_TRUE(expired);
  EXPECT_EQ(expired->ends_at, at(50));
  EXPECT_FALSE(book.expire(id, at(51)));
  EXPECT_FALSE(book.expire("sil-nothing", at(51)));
}

TEST(Silence, SurvivesTheStore) {
  SilenceBook book;
  const Silence before = book.add(silence_of("server=~\"g w\"", at(0), at(100)), at(0)).value();
  const auto after = silence_from_json(to_json(before));
  ASSERT_TRUE(after);
  EXPECT_EQ(to_json(after.value()), to_json(before));
  for (const char* const text :
       {"", "{}", "[]", R"({"id":"a","matchers":["x=1"]})", R"({"id":"a","matchers":[]})"}) {
    EXPECT_FALSE(silence_from_json(text)) << text;
  }
}

TEST(MaintenanceWindow, CrossesMidnightAndClockChanges) {
  MaintenanceWindow window;
  window.days.set(6);  // Saturday night
  window.start = std::chrono::hours(23);
  window.end = std::chrono::hours(2);
  window.zone = parse::TimeZone::named("UTC").value();
  EXPECT_FALSE(window.is_active(at(10.9 * 3600)));
  EXPECT_TRUE(window.is_active(at(11 * 3600)));
  EXPECT_TRUE(window.is_active(at(13.9 * 3600)));
  EXPECT_FALSE(window.is_active(at(14 * 3600)));
  EXPECT_EQ(window.next_change(at(0)), at(11 * 3600));
  EXPECT_EQ(window.next_change(at(11 * 3600)), at(14 * 3600));
  EXPECT_EQ(window.next_change(at(14 * 3600)), at(11 * 3600 + 7 * 86400));

  // In Berlin the night of 2026-10-25 has the hour from two to three twice.
  MaintenanceWindow berlin;
  berlin.days.set(0);
  berlin.start = std::chrono::hours(1);
  berlin.end = std::chrono::hours(4);
  berlin.zone = parse::TimeZone::named("Europe/Berlin").value();
  const Time sunday = Time(std::chrono::sys_days(std::chrono::year(2026) / 10 / 25));
  EXPECT_FALSE(berlin.is_active(sunday - std::chrono::minutes(61)));
  EXPECT_TRUE(berlin.is_active(sunday - std::chrono::minutes(60)));
  EXPECT_TRUE(berlin.is_active(sunday + std::chrono::minutes(179)));
  EXPECT_FALSE(berlin.is_active(sunday + std::chrono::minutes(180)));
}

TEST(MaintenanceWindow, ReadsDaysAndClocks) {
  EXPECT_EQ(weekday_from_string("sun"), 0U);
  EXPECT_EQ(weekday_from_string("saturday"), 6U);
  EXPECT_FALSE(weekday_from_string("holiday"));
  EXPECT_EQ(clock_from_string("02:30"), std::chrono::minutes(150));
  EXPECT_EQ(clock_from_string("24:00"), std::chrono::minutes(1440));
  for (const char* const text : {"", "2:30", "02:60", "25:00", "24:01", "ab:cd", "-1:00", "02-30"})
    EXPECT_FALSE(clock_from_string(text)) << text;
}

}  // namespace
}  // namespace handshaked::notify
