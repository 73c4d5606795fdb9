#include "store/database/retention.h"

#include "store/database/connection.h"
#include "store/incidents.h"
#include "store/outbox.h"
#include "unit/store/rows.h"

namespace handshaked::store::test {
namespace {

using std::chrono::days;

RetentionReport run_to_the_end(Database& database, const RetentionLimits& limits, Time now,
                               int* slices = nullptr) {
  RetentionReport total;
  for (int slice = 0; slice < 1000; ++slice) {
    const auto report = run_retention_slice(database, limits, now);
    EXPECT_TRUE(report.has_value()) << report.error().message();
    if (!report) break;
    total.incidents_removed += report.value().incidents_removed;
    total.deliveries_removed += report.value().deliveries_removed;
    total.bytes_freed += report.value().bytes_freed;
    total.bytes_used = report.value().bytes_used;
    total.is_over_limit = report.value().is_over_limit;
    total.is_finished = report.value().is_finished;
    if (slices) ++*slices;
    if (total.is_finished) break;
  }
  EXPECT_TRUE(total.is_finished);
  return total;
}

std::vector<DeliveryId> all_due(Database& database) {
  std::vector<DeliveryId> ids;
  for (const OutboxRow& row : value_of(Outbox(database).due("hook", at(1), 10'000)))
    ids.push_back(row.id);
  return ids;
}

TEST(Retention, RemovesWhatEndedBeforeTheLimitOfAgeAndNothingElse) {
  Database database = open_in_memory();
  const Time now = at(0) + days(100);
  ASSERT_OK(database.apply(
      {.incidents = {incident("old-open"), incident("old-resolved", IncidentStatus::resolved),
                     incident("new-resolved", IncidentStatus::resolved, now - days(10))},
       .deliveries = {delivery("old-delivered", "1"), delivery("old-dead", "2"),
                      delivery("old-discarded", "3"), delivery("old-waiting", "4"),
                      delivery("new-delivered", "5")}}));
  Outbox outbox(database);
  const auto ids = all_due(database);
  ASSERT_EQ(ids.size(), 5U);
  ASSERT_OK(outbox.mark({.delivered = {ids[0]}, .dead = {{ids[1], "gone"}}}, at(0)));
  ASSERT_OK(outbox.discard(std::vector{ids[2]}, at(0)));
  ASSERT_OK(outbox.mark_delivered({ids[4]}, now - days(1)));

  const RetentionReport report = run_to_the_end(database, {}, now);
  EXPECT_EQ(report.incidents_removed, 1U);
  EXPECT_EQ(report.deliveries_removed, 3U);
  EXPECT_FALSE(report.is_over_limit);
  EXPECT_TRUE(Incidents(database).find("old-open").value());
  EXPECT_TRUE(Incidents(database).find("new-resolved").value());
  EXPECT_FALSE(Incidents(database).find("old-resolved").value());
  EXPECT_FALSE(outbox.find(ids[0]).value());
  EXPECT_EQ(outbox.find(ids[3]).value()->status, DeliveryStatus::ready);
  EXPECT_TRUE(outbox.find(ids[4]).value());
}

TEST(Retention, WorksInSlicesOfABoundedSize) {
  Database database = open_in_memory();
  Commit commit;
  for (int i = 0; i < 95; ++i)
    commit.incidents.push_back(incident("i" + std::to_string(i), IncidentStatus::resolved));
  ASSERT_OK(database.apply(commit));
  const RetentionLimits limits{.rows_per_slice = 10};
  const auto first = run_retention_slice(database, limits, at(0) + days(91));
  ASSERT_OK(first);
  EXPECT_EQ(first.value().incidents_removed, 10U);
  EXPECT_FALSE(first.value().is_finished);
  EXPECT_EQ(run_to_the_end(database, limits, at(0) + days(91)).incidents_removed, 85U);
}

TEST(Retention, RemovesTheOldestWhileTheDatabaseIsTooLargeAndGivesThePagesBack) {
  Database database = open_in_memory();
  Commit commit;
  for (int i = 0; i < 500; ++i) {
    commit.deliveries.push_back(delivery("e" + std::to_string(i), ""));
    commit.deliveries.back().body = filling(16'000);
  }
  ASSERT_OK(database.apply(commit));
  const auto ids = all_due(database);
  ASSERT_EQ(ids.size(), 500U);
  for (std::size_t i = 0; i < ids.size(); ++i)
    ASSERT_OK(Outbox(database).mark_delivered({ids[i]}, at(static_cast<std::int64_t>(i))));

  const std::int64_t pages_before = database.connection().read_integer("PRAGMA page_count");
  const RetentionLimits limits{.max_bytes = 2'000'000, .rows_per_slice = 20, .pages_per_slice = 50};
  const RetentionReport report = run_to_the_end(database, limits, at(1000));
  EXPECT_LE(report.bytes_used, 2'000'000U);
  EXPECT_GT(report.bytes_used, 1'500'000U);  // no more than needed
  EXPECT_FALSE(report.is_over_limit);
  EXPECT_FALSE(Outbox(database).find(ids.front()).value());
  EXPECT_TRUE(Outbox(database).find(ids.back()).value());
  EXPECT_LT(database.connection().read_integer("PRAGMA page_count"), pages_before / 2);
  EXPECT_EQ(database.connection().read_integer("PRAGMA freelist_count"), 0);
}

TEST(Retention, SaysSoWhenOnlyWhatMustStayIsLeft) {
  Database database = open_in_memory();
  Commit commit{.incidents = {incident("open")}};
  for (int i = 0; i < 50; ++i) {
    commit.deliveries.push_back(delivery("e" + std::to_string(i), "i"));
    commit.deliveries.back().body = filling(16'000);
  }
  ASSERT_OK(database.apply(commit));
  const RetentionReport report =
      run_to_the_end(database, {.max_bytes = 10'000}, at(0) + days(1000));
  EXPECT_TRUE(report.is_over_limit);
  EXPECT_EQ(report.deliveries_removed, 0U);
  EXPECT_EQ(Outbox(database).count().value().at(0).waiting, 50);
  EXPECT_EQ(Incidents(database).count().value().open, 1);
}

TEST(Retention, DoesNothingInAnEmptyDatabase) {
  Database database = open_in_memory();
  run_to_the_end(database, {}, at(0));  // gives back the pages that the steps of the schema left
  int slices = 0;
  const RetentionReport report = run_to_the_end(database, {}, at(0), &slices);
  EXPECT_EQ(slices, 1);
  EXPECT_EQ(report.bytes_freed, 0U);
}

}  // namespace
}  // namespace handshaked::store::test
