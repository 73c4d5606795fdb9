#include "store/database/retention.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "store/database/connection.h"
#include "store/database/database.h"

namespace handshaked::store {

namespace {

enum class Removed { delivery, incident };

/// One kind of rows that may go; the parameters are the newest time that may go, and how many rows.
struct Expendable {
  const char* sql;
  Removed kind;
};

// In the order in which they go. An incident without a time of resolution goes by when it was last
// seen.
constexpr std::array<Expendable, 4> kExpendable = {{
    {"DELETE FROM outbox WHERE delivery_id IN (SELECT delivery_id FROM outbox WHERE status = "
     "'delivered' "
     "AND finished_at < ? ORDER BY finished_at LIMIT ?)",
     Removed::delivery},
    {"DELETE FROM outbox WHERE delivery_id IN (SELECT delivery_id FROM outbox WHERE status = "
     "'discarded' "
     "AND finished_at < ? ORDER BY finished_at LIMIT ?)",
     Removed::delivery},
    {"DELETE FROM incidents WHERE rowid IN (SELECT rowid FROM incidents WHERE status = 'resolved' "
     "AND last_seen_at < ?1 AND coalesce(resolved_at, last_seen_at) < ?1 ORDER BY last_seen_at "
     "LIMIT ?2)",
     Removed::incident},
    {"DELETE FROM outbox WHERE delivery_id IN (SELECT delivery_id FROM outbox WHERE status = "
     "'dead' "
     "AND finished_at < ? ORDER BY finished_at LIMIT ?)",
     Removed::delivery},
}};

std::uint64_t count_pages(Connection& connection, const char* pragma) {
  return static_cast<std::uint64_t>(connection.read_integer(pragma));
}

std::uint64_t bytes_used(Connection& connection) {
  return (count_pages(connection, "PRAGMA page_count") -
          count_pages(connection, "PRAGMA freelist_count")) *
         count_pages(connection, "PRAGMA page_size");
}

/// Deletes up to `limit` rows that ended before `before`; how many it deleted.
std::size_t delete_before(Connection& connection, Time before, std::size_t limit,
                          RetentionReport& report) {
  std::size_t removed = 0;
  for (const Expendable& expendable : kExpendable) {
    if (removed == limit) break;
    auto statement = connection.prepare(expendable.sql);
    statement.bind_time(1, before);
    statement->bind(2, static_cast<int64_t>(limit - removed));
    const auto rows = static_cast<std::size_t>(statement.run());
    removed += rows;
    (expendable.kind == Removed::incident ? report.incidents_removed : report.deliveries_removed) +=
        rows;
  }
  return removed;
}

/// Rates have a life of their own: minutes a day, hours as long as incidents, and never more rows
/// than kMostRates of each.
std::size_t delete_old_rates(Connection& connection, const RetentionLimits& limits, Time now) {
  constexpr std::int64_t kMostRates = 1'000'000;
  const auto seconds = [](Time time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  };
  std::size_t removed = 0;
  for (const auto& [step, oldest] :
       {std::pair<int, std::int64_t>{60, seconds(now - std::chrono::hours(25))},
        {3600, seconds(now - std::min<Duration>(limits.max_age, std::chrono::days(90)))}}) {
    auto statement = connection.prepare(
        "DELETE FROM rates WHERE (incident_id, step, at) IN (SELECT incident_id, step, at FROM "
        "rates WHERE step = ?1 AND (at < ?2 OR at < "
        "(SELECT at FROM rates WHERE step = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?3)) ORDER BY at "
        "LIMIT ?4)");
    statement->bind(1, step);
    statement->bind(2, static_cast<int64_t>(oldest));
    statement->bind(3, static_cast<int64_t>(kMostRates));
    statement->bind(4, static_cast<int64_t>(limits.rows_per_slice));
    removed += static_cast<std::size_t>(statement.run());
  }
  return removed;
}

void give_pages_back(Connection& connection, const RetentionLimits& limits,
                     RetentionReport& report) {
  const std::uint64_t before = count_pages(connection, "PRAGMA freelist_count");
  if (before == 0) return;
  connection.execute(
      ("PRAGMA incremental_vacuum(" + std::to_string(limits.pages_per_slice) + ")").c_str());
  const std::uint64_t after = count_pages(connection, "PRAGMA freelist_count");
  report.bytes_freed = (before - after) * count_pages(connection, "PRAGMA page_size");
  if (after > 0) report.is_finished = false;
}

}  // namespace

Result<RetentionReport> run_retention_slice(Database& database, const RetentionLimits& limits,
                                            Time now) {
  Connection& connection = database.connection();
  return connection.write("cannot apply the retention", [&] {
    RetentionReport report;
    std::size_t removed =
        delete_before(connection, now - limits.max_age, limits.rows_per_slice, report);
    if (removed == 0 && bytes_used(connection) > limits.max_bytes) {
      removed = delete_before(connection, Time::max(), limits.rows_per_slice, report);
      report.is_over_limit = removed == 0;
    }
    removed += delete_old_rates(connection, limits, now);
    report.is_finished = removed == 0;  // the slice that finds nothing is the last
    give_pages_back(connection, limits, report);
    report.bytes_used = bytes_used(connection);
    return report;
  });
}

}  // namespace handshaked::store
