#include "store/rates.h"

#include "rows.h"
#include "store/database/connection.h"
#include "store/database/retention.h"

namespace handshaked::store::test {
namespace {

Database with_incident(const std::string& id) {
  Database database = open_in_memory();
  EXPECT_TRUE(database.apply({.incidents = {incident(id)}}));
  return database;
}

std::int64_t seconds_of(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

TEST(Rates, GrowByTheMinuteAndByTheHour) {
  Database database = with_incident("a");
  Rates rates(database);
  ASSERT_OK(rates.record({{.incident_id = "a", .minute = 60, .count = 3},
                          {.incident_id = "a", .minute = 61, .count = 4}}));
  ASSERT_OK(rates.record({{.incident_id = "a", .minute = 61, .count = 4},
                          {.incident_id = "a", .minute = 130, .count = 1}}));
  EXPECT_EQ(value_of(rates.of_incident("a", Rates::Step::minute, 0)),
            (Rates::Points{{3600, 3}, {3660, 8}, {7800, 1}}));
  EXPECT_EQ(value_of(rates.of_incident("a", Rates::Step::hour, 0)),
            (Rates::Points{{3600, 11}, {7200, 1}}));
  EXPECT_EQ(value_of(rates.of_incident("a", Rates::Step::minute, 7800)),
            (Rates::Points{{7800, 1}}));
  EXPECT_EQ(value_of(rates.totals(Rates::Step::minute, 0, 7200)),
            (Rates::Points{{0, 11}, {7200, 1}}));
}

TEST(Rates, OfAnIncidentThatIsNotThereAreNotKept) {
  Database database = with_incident("a");
  ASSERT_OK(Rates(database).record({{.incident_id = "b", .minute = 60, .count = 3}}));
  EXPECT_TRUE(value_of(Rates(database).of_incident("b", Rates::Step::minute, 0)).empty());
}

TEST(Rates, SparklinesCutTheTimeIntoEqualParts) {
  Database database = with_incident("a");
  Rates rates(database);
  ASSERT_OK(rates.record({{.incident_id = "a", .minute = 10, .count = 1},
                          {.incident_id = "a", .minute = 29, .count = 5}}));
  const auto lines = value_of(rates.sparklines({"a", "b"}, 600, 1800, 4));
  EXPECT_EQ(lines.at("a"), (std::vector<std::uint64_t>{1, 0, 0, 5}));
  EXPECT_EQ(lines.at("b"), (std::vector<std::uint64_t>{0, 0, 0, 0}));
}

TEST(Rates, GoWithTheirIncidentAndWithTime) {
  Database database = with_incident("a");
  Rates rates(database);
  const Time now = at(0) + std::chrono::days(100);
  const std::int64_t minute = seconds_of(now) / 60;
  ASSERT_OK(rates.record({{.incident_id = "a", .minute = minute - 26 * 60, .count = 1},
                          {.incident_id = "a", .minute = minute - 10, .count = 2},
                          {.incident_id = "a", .minute = minute - 91 * 24 * 60, .count = 3}}));
  RetentionLimits limits;
  for (int slice = 0; slice < 10; ++slice) ASSERT_OK(run_retention_slice(database, limits, now));
  EXPECT_EQ(value_of(rates.of_incident("a", Rates::Step::minute, 0)).size(), 1U);
  EXPECT_EQ(value_of(rates.of_incident("a", Rates::Step::hour, 0)).size(), 2U);
  database.connection().execute("DELETE FROM incidents");
  EXPECT_TRUE(value_of(rates.of_incident("a", Rates::Step::hour, 0)).empty());
}

}  // namespace
}  // namespace handshaked::store::test
