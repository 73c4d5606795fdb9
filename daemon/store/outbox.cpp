#include "store/outbox.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "store/database/connection.h"
#include "store/database/database.h"

namespace handshaked::store {
namespace {

// The columns of the SELECTs, in the order of row_from(). CROSS JOIN: a body is looked up for each
// delivery, never the other way.
constexpr const char* kDue =
    "SELECT delivery_id, receiver, event_id, event_type, incident_id, status, created_at, "
    "not_before, attempts, last_error, "
    "finished_at, '', body_id FROM outbox WHERE receiver = ? AND status = 'ready' AND not_before "
    "<= ? ORDER BY not_before, delivery_id";
constexpr const char* kFind =
    "SELECT delivery_id, receiver, event_id, event_type, incident_id, status, created_at, "
    "not_before, attempts, last_error, "
    "finished_at, unpack(body) FROM outbox CROSS JOIN event_bodies USING (body_id) WHERE "
    "delivery_id = ?";
constexpr const char* kList =
    "SELECT delivery_id, receiver, event_id, event_type, incident_id, status, created_at, "
    "not_before, attempts, last_error, "
    "finished_at, '' FROM outbox WHERE (?1 = 0 OR (?1 & CASE status WHEN 'ready' THEN 1 WHEN "
    "'behind' THEN 2 WHEN 'delivered' THEN 4 "
    "WHEN 'dead' THEN 8 ELSE 16 END) <> 0) AND (?2 = '' OR receiver = ?2) ORDER BY delivery_id "
    "DESC LIMIT ?3";
constexpr const char* kListDead =
    "SELECT delivery_id, receiver, event_id, event_type, incident_id, status, created_at, "
    "not_before, attempts, last_error, "
    "finished_at, unpack(body) FROM outbox CROSS JOIN event_bodies USING (body_id) WHERE status = "
    "'dead' AND (?1 = '' OR receiver = ?1) "
    "ORDER BY finished_at DESC, delivery_id DESC LIMIT ?2";

constexpr const char* kMarkDelivered =
    "UPDATE outbox SET status = 'delivered', finished_at = ?2 "
    "WHERE delivery_id = ?1 AND status IN ('ready', 'behind') RETURNING receiver, incident_id";
constexpr const char* kMarkDead =
    "UPDATE outbox SET status = 'dead', finished_at = ?2, attempts = attempts + 1, last_error = ?3 "
    "WHERE delivery_id = ?1 AND status IN ('ready', 'behind') RETURNING receiver, incident_id";
constexpr const char* kDiscard =
    "UPDATE outbox SET status = 'discarded', finished_at = ?2 "
    "WHERE delivery_id = ?1 AND status IN ('ready', 'behind', 'dead') RETURNING receiver, "
    "incident_id";
constexpr const char* kRetryDead =
    "UPDATE outbox SET status = 'ready', not_before = ?2, attempts = 0, finished_at = NULL "
    "WHERE delivery_id = ?1 AND status = 'dead' RETURNING receiver, incident_id";
constexpr const char* kMarkRetry =
    "UPDATE outbox SET not_before = ?2, attempts = ?3, last_error = ?4 "
    "WHERE delivery_id = ?1 AND status IN ('ready', 'behind')";

// Of the unfinished deliveries of one incident to one receiver exactly the first is ready. Touches
// only rows that differ.
constexpr const char* kRestoreOrder =
    "UPDATE outbox SET status = CASE status WHEN 'ready' THEN 'behind' ELSE 'ready' END "
    "WHERE receiver = ?1 AND incident_id = ?2 AND status IN ('ready', 'behind') AND (status = "
    "'ready') <> (delivery_id = ("
    "  SELECT min(delivery_id) FROM outbox WHERE receiver = ?1 AND incident_id = ?2 AND status IN "
    "('ready', 'behind')))";

// The order of the new receiver's own deliveries is kept, too.
constexpr const char* kCopy =
    "INSERT INTO outbox (receiver, event_id, event_type, incident_id, created_at, not_before, "
    "body_id, status) "
    "SELECT ?2, event_id, event_type, incident_id, ?3, ?3, body_id, CASE WHEN incident_id <> '' "
    "AND EXISTS ("
    "  SELECT 1 FROM outbox earlier WHERE earlier.receiver = ?2 AND earlier.incident_id = "
    "original.incident_id "
    "  AND earlier.status IN ('ready', 'behind')) THEN 'behind' ELSE 'ready' END "
    "FROM outbox original WHERE delivery_id = ?1 ON CONFLICT (event_id, receiver) DO NOTHING";
constexpr const char* kUncopied =
    "SELECT delivery_id FROM outbox waiting WHERE receiver = ?1 AND status IN ('ready', 'behind') "
    "AND created_at <= ?3 AND NOT EXISTS ("
    "  SELECT 1 FROM outbox copy WHERE copy.event_id = waiting.event_id AND copy.receiver = ?2) "
    "ORDER BY delivery_id LIMIT ?4";
// The columns in the order of row_from().
constexpr const char* kDeliveredOfOpen =
    "SELECT newest, receiver, event_id, event_type, incident_id, status, created_at, not_before, "
    "attempts, last_error, "
    "finished_at, unpack(body) FROM (SELECT max(delivery_id) AS newest FROM outbox WHERE receiver "
    "= ?1 AND status = 'delivered' "
    "  AND incident_id IN (SELECT id FROM incidents WHERE status = 'open') GROUP BY incident_id "
    "LIMIT ?2) "
    "CROSS JOIN outbox ON delivery_id = newest CROSS JOIN event_bodies USING (body_id)";

DeliveryStatus status_from(const std::string& name) {
  if (name == "ready") return DeliveryStatus::ready;
  if (name == "behind") return DeliveryStatus::behind;
  if (name == "delivered") return DeliveryStatus::delivered;
  if (name == "dead") return DeliveryStatus::dead;
  CHECK(name == "discarded");  // the column allows no other
  return DeliveryStatus::discarded;
}

OutboxRow row_from(BorrowedStatement& statement) {
  return {
      .id = {statement->getColumn(0).getInt64()},
      .receiver = statement->getColumn(1).getString(),
      .event_id = statement->getColumn(2).getString(),
      .event_type = statement->getColumn(3).getString(),
      .incident_id = statement->getColumn(4).getString(),
      .status = status_from(statement->getColumn(5).getString()),
      .created_at = time_from(statement->getColumn(6)),
      .not_before = time_from(statement->getColumn(7)),
      .attempts = statement->getColumn(8).getUInt(),
      .last_error = statement->getColumn(9).getString(),
      .finished_at = optional_time_from(statement->getColumn(10)),
      .body = statement->getColumn(11).getString(),
  };
}

std::vector<OutboxRow> rows_from(BorrowedStatement statement) {
  std::vector<OutboxRow> rows;
  while (statement->executeStep()) rows.push_back(row_from(statement));
  return rows;
}

std::string read_body(Connection& connection, std::int64_t body_id) {
  auto statement = connection.prepare("SELECT unpack(body) FROM event_bodies WHERE body_id = ?");
  statement->bind(1, static_cast<int64_t>(body_id));
  return statement->executeStep() ? statement->getColumn(0).getString() : std::string();
}

int64_t as_limit(std::size_t limit) {
  return static_cast<int64_t>(
      std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max()));
}

void bind_id(BorrowedStatement& statement, int index, DeliveryId id) {
  statement->bind(index, static_cast<int64_t>(id.value));
}

/// What moving one delivery did.
struct Move {
  bool is_done = false;           ///< false: it was not in a state from which it can move
  std::size_t order_changes = 0;  ///< deliveries of its incident that became ready, or behind
};

/// Runs a statement with RETURNING receiver, incident_id, then lets the next of that incident go.
Move move_and_restore_order(Connection& connection, BorrowedStatement statement) {
  if (!statement->executeStep()) return {};
  const std::string receiver = statement->getColumn(0).getString();
  const std::string incident = statement->getColumn(1).getString();
  statement->executeStep();  // to its end
  if (incident.empty()) return {.is_done = true};
  auto restore = connection.prepare(kRestoreOrder);
  restore.bind_text(1, receiver);
  restore.bind_text(2, incident);
  return {.is_done = true, .order_changes = static_cast<std::size_t>(restore.run())};
}

/// For the statements whose parameters are the delivery and a time.
Move move_at(Connection& connection, const char* sql, DeliveryId id, Time now) {
  auto statement = connection.prepare(sql);
  bind_id(statement, 1, id);
  statement.bind_time(2, now);
  return move_and_restore_order(connection, std::move(statement));
}

bool copy_row(Connection& connection, DeliveryId id, const std::string& to, Time now) {
  auto statement = connection.prepare(kCopy);
  bind_id(statement, 1, id);
  statement.bind_text(2, to);
  statement.bind_time(3, now);
  return statement.run() > 0;
}

/// The same without the number.
Result<> marked(const Result<std::size_t>& mark) {
  if (!mark) return mark.error();
  return success();
}

std::size_t move_all(Connection& connection, const char* sql, std::span<const DeliveryId> ids,
                     Time now) {
  std::size_t moved = 0;
  for (const DeliveryId id : ids) moved += move_at(connection, sql, id, now).is_done ? 1 : 0;
  return moved;
}

}  // namespace

Result<std::vector<OutboxRow>> Outbox::due(const std::string& receiver, Time now, std::size_t limit,
                                           const std::set<DeliveryId>& except) {
  Connection& connection = database_.connection();
  return connection.read("cannot read the outbox", [&] {
    auto statement = connection.prepare(kDue);
    statement.bind_text(1, receiver);
    statement.bind_time(2, now);
    std::vector<OutboxRow> rows;
    while (rows.size() < limit && statement->executeStep()) {
      if (except.contains({statement->getColumn(0).getInt64()})) continue;
      rows.push_back(row_from(statement));
      rows.back().body = read_body(connection, statement->getColumn(12).getInt64());
    }
    return rows;
  });
}

Result<std::optional<Time>> Outbox::next_due(const std::string& receiver) {
  Connection& connection = database_.connection();
  return connection.read("cannot read the outbox", [&] {
    auto statement = connection.prepare(
        "SELECT min(not_before) FROM outbox WHERE receiver = ? AND status = 'ready'");
    statement.bind_text(1, receiver);
    statement->executeStep();
    return optional_time_from(statement->getColumn(0));
  });
}

Result<std::optional<Time>> Outbox::next_due_after(const std::string& receiver, Time now) {
  Connection& connection = database_.connection();
  return connection.read("cannot read the outbox", [&] {
    auto statement = connection.prepare(
        "SELECT min(not_before) FROM outbox WHERE receiver = ? AND status = 'ready' AND not_before "
        "> ?");
    statement.bind_text(1, receiver);
    statement.bind_time(2, now);
    statement->executeStep();
    return optional_time_from(statement->getColumn(0));
  });
}

Result<std::size_t> Outbox::mark(const DeliveryOutcomes& outcomes, Time now) {
  Connection& connection = database_.connection();
  return connection.write("cannot mark deliveries", [&] {
    std::size_t order_changes = 0;
    for (const DeliveryCopy& copy : outcomes.copies) copy_row(connection, copy.id, copy.to, now);
    for (const DeliveryId id : outcomes.delivered)
      order_changes += move_at(connection, kMarkDelivered, id, now).order_changes;
    for (const DeliveryRetry& retry : outcomes.retries) {
      auto statement = connection.prepare(kMarkRetry);
      bind_id(statement, 1, retry.id);
      statement.bind_time(2, retry.next_attempt_at);
      statement->bind(3, retry.attempts);
      statement.bind_text(4, retry.reason);
      statement.run();
    }
    for (const DeadDelivery& dead : outcomes.dead) {
      auto statement = connection.prepare(kMarkDead);
      bind_id(statement, 1, dead.id);
      statement.bind_time(2, now);
      statement.bind_text(3, dead.reason);
      order_changes += move_and_restore_order(connection, std::move(statement)).order_changes;
    }
    return order_changes;
  });
}

Result<std::size_t> Outbox::copy_waiting(const std::string& receiver, const std::string& to,
                                         Time created_before, Time now, std::size_t limit) {
  Connection& connection = database_.connection();
  return connection.write("cannot copy deliveries", [&] {
    std::vector<DeliveryId> ids;
    {
      auto statement = connection.prepare(kUncopied);
      statement.bind_text(1, receiver);
      statement.bind_text(2, to);
      statement.bind_time(3, created_before);
      statement->bind(4, as_limit(limit));
      while (statement->executeStep()) ids.push_back({statement->getColumn(0).getInt64()});
    }
    std::size_t copied = 0;
    for (const DeliveryId id : ids) copied += copy_row(connection, id, to, now) ? 1 : 0;
    return copied;
  });
}

Result<std::vector<OutboxRow>> Outbox::delivered_of_open(const std::string& receiver,
                                                         std::size_t limit) {
  Connection& connection = database_.connection();
  return connection.read("cannot read what was delivered", [&] {
    auto statement = connection.prepare(kDeliveredOfOpen);
    statement.bind_text(1, receiver);
    statement->bind(2, as_limit(limit));
    return rows_from(std::move(statement));
  });
}

Result<> Outbox::mark_delivered(std::vector<DeliveryId> ids, Time now) {
  return marked(mark({.delivered = std::move(ids)}, now));
}

Result<> Outbox::mark_retry(DeliveryId id, Time next_attempt_at, std::uint32_t attempts,
                            std::string reason) {
  return marked(mark({.retries = {{id, next_attempt_at, attempts, std::move(reason)}}}, Time()));
}

Result<> Outbox::mark_dead(DeliveryId id, std::string reason, Time now) {
  return marked(mark({.dead = {{id, std::move(reason)}}}, now));
}

Result<std::vector<OutboxRow>> Outbox::list_dead(const std::string& receiver, std::size_t limit) {
  Connection& connection = database_.connection();
  return connection.read("cannot list the dead deliveries", [&] {
    auto statement = connection.prepare(kListDead);
    statement.bind_text(1, receiver);
    statement->bind(2, as_limit(limit));
    return rows_from(std::move(statement));
  });
}

Result<std::vector<OutboxRow>> Outbox::list(std::span<const DeliveryStatus> statuses,
                                            const std::string& receiver, std::size_t limit) {
  Connection& connection = database_.connection();
  return connection.read("cannot list the deliveries", [&] {
    // Five statuses at most: one bit each.
    std::int64_t wanted = 0;
    for (const DeliveryStatus status : statuses)
      wanted |= std::int64_t{1} << static_cast<int>(status);
    auto statement = connection.prepare(kList);
    statement->bind(1, static_cast<int64_t>(wanted));
    statement.bind_text(2, receiver);
    statement->bind(3, as_limit(limit));
    return rows_from(std::move(statement));
  });
}

Result<std::optional<OutboxRow>> Outbox::find(DeliveryId id) {
  Connection& connection = database_.connection();
  return connection.read("cannot find a delivery", [&] {
    auto statement = connection.prepare(kFind);
    bind_id(statement, 1, id);
    std::optional<OutboxRow> row;
    if (statement->executeStep()) row = row_from(statement);
    return row;
  });
}

Result<std::size_t> Outbox::make_due(const std::string& receiver, Time now) {
  Connection& connection = database_.connection();
  return connection.write("cannot make deliveries due", [&] {
    auto statement = connection.prepare(
        "UPDATE outbox SET not_before = ?2 WHERE receiver = ?1 AND status = 'ready' AND not_before "
        "> ?2 AND attempts > 0");
    statement.bind_text(1, receiver);
    statement.bind_time(2, now);
    return static_cast<std::size_t>(statement.run());
  });
}

Result<std::size_t> Outbox::retry_dead(std::span<const DeliveryId> ids, Time now) {
  Connection& connection = database_.connection();
  return connection.write("cannot queue dead deliveries again",
                          [&] { return move_all(connection, kRetryDead, ids, now); });
}

Result<std::size_t> Outbox::discard(std::span<const DeliveryId> ids, Time now) {
  Connection& connection = database_.connection();
  return connection.write("cannot discard deliveries",
                          [&] { return move_all(connection, kDiscard, ids, now); });
}

Result<std::vector<ReceiverCounts>> Outbox::count() {
  Connection& connection = database_.connection();
  return connection.read("cannot count the deliveries", [&] {
    auto statement = connection.prepare(
        "SELECT receiver, status, count(*), min(created_at) FROM outbox GROUP BY receiver, status "
        "ORDER BY receiver, status");
    std::vector<ReceiverCounts> receivers;
    while (statement->executeStep()) {
      std::string receiver = statement->getColumn(0).getString();
      if (receivers.empty() || receivers.back().receiver != receiver)
        receivers.push_back({.receiver = std::move(receiver)});
      ReceiverCounts& counts = receivers.back();
      const std::int64_t rows = statement->getColumn(2).getInt64();
      switch (status_from(statement->getColumn(1).getString())) {
        case DeliveryStatus::ready:
        case DeliveryStatus::behind: {
          const Time oldest = time_from(statement->getColumn(3));
          counts.waiting += rows;
          counts.oldest_waiting = std::min(counts.oldest_waiting.value_or(oldest), oldest);
          break;
        }
        case DeliveryStatus::delivered: counts.delivered = rows; break;
        case DeliveryStatus::dead: counts.dead = rows; break;
        case DeliveryStatus::discarded: counts.discarded = rows; break;
      }
    }
    return receivers;
  });
}

Result<std::vector<OutboxRow>> deliveries_of_incident(Database& database,
                                                      const std::string& incident_id,
                                                      std::size_t limit) {
  Connection& connection = database.connection();
  TRY(const std::vector<DeliveryId> ids,
      connection.read("cannot list the deliveries of an incident", [&] {
        auto statement = connection.prepare(
            "SELECT delivery_id FROM outbox WHERE incident_id = ?1 ORDER BY delivery_id DESC LIMIT "
            "?2");
        statement.bind_text(1, incident_id);
        statement->bind(2, static_cast<int64_t>(limit));
        std::vector<DeliveryId> found;
        while (statement->executeStep()) found.push_back({statement->getColumn(0).getInt64()});
        return found;
      }));
  std::vector<OutboxRow> rows;
  Outbox outbox(database);
  for (const DeliveryId id : ids) {
    TRY(auto row, outbox.find(id));
    if (!row) continue;
    row->body.clear();
    rows.push_back(std::move(*row));
  }
  return rows;
}

}  // namespace handshaked::store
