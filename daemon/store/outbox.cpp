#include "store/outbox.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "store/connection.h"
#include "store/database.h"

namespace handshaked::store {

namespace {

// The columns of the SELECTs, in the order of row_from().
constexpr const char* kDue =
    "SELECT delivery_id, receiver, event_id, event_type, incident_id, status, created_at, not_before, attempts, last_error, "
    "finished_at, body FROM outbox WHERE receiver = ? AND status = 'ready' AND not_before <= ? "
    "ORDER BY not_before, delivery_id LIMIT ?";
constexpr const char* kFind =
    "SELECT delivery_id, receiver, event_id, event_type, incident_id, status, created_at, not_before, attempts, last_error, "
    "finished_at, body FROM outbox WHERE delivery_id = ?";
constexpr const char* kListDead =
    "SELECT delivery_id, receiver, event_id, event_type, incident_id, status, created_at, not_before, attempts, last_error, "
    "finished_at, body FROM outbox WHERE status = 'dead' AND (?1 = '' OR receiver = ?1) "
    "ORDER BY finished_at DESC, delivery_id DESC LIMIT ?2";

constexpr const char* kMarkDelivered =
    "UPDATE outbox SET status = 'delivered', finished_at = ?2 "
    "WHERE delivery_id = ?1 AND status IN ('ready', 'behind') RETURNING receiver, incident_id";
constexpr const char* kMarkDead =
    "UPDATE outbox SET status = 'dead', finished_at = ?2, attempts = attempts + 1, last_error = ?3 "
    "WHERE delivery_id = ?1 AND status IN ('ready', 'behind') RETURNING receiver, incident_id";
constexpr const char* kDiscard =
    "UPDATE outbox SET status = 'discarded', finished_at = ?2 "
    "WHERE delivery_id = ?1 AND status IN ('ready', 'behind', 'dead') RETURNING receiver, incident_id";
constexpr const char* kRetryDead =
    "UPDATE outbox SET status = 'ready', not_before = ?2, attempts = 0, finished_at = NULL "
    "WHERE delivery_id = ?1 AND status = 'dead' RETURNING receiver, incident_id";
constexpr const char* kMarkRetry =
    "UPDATE outbox SET not_before = ?2, attempts = ?3, last_error = ?4 "
    "WHERE delivery_id = ?1 AND status IN ('ready', 'behind')";

// Of the unfinished deliveries of one incident to one receiver exactly the first is ready. Touches only rows that differ.
constexpr const char* kRestoreOrder =
    "UPDATE outbox SET status = CASE status WHEN 'ready' THEN 'behind' ELSE 'ready' END "
    "WHERE receiver = ?1 AND incident_id = ?2 AND status IN ('ready', 'behind') AND (status = 'ready') <> (delivery_id = ("
    "  SELECT min(delivery_id) FROM outbox WHERE receiver = ?1 AND incident_id = ?2 AND status IN ('ready', 'behind')))";

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

int64_t as_limit(std::size_t limit) { return static_cast<int64_t>(std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max())); }

void bind_id(BorrowedStatement& statement, int index, DeliveryId id) { statement->bind(index, static_cast<int64_t>(id.value)); }

/// Runs a statement with RETURNING receiver, incident_id, then lets the next of that incident go. False when it
/// changed nothing.
bool move_and_restore_order(Connection& connection, BorrowedStatement statement) {
  if (!statement->executeStep()) return false;
  const std::string receiver = statement->getColumn(0).getString();
  const std::string incident = statement->getColumn(1).getString();
  statement->executeStep();  // to its end
  if (incident.empty()) return true;
  auto restore = connection.prepare(kRestoreOrder);
  restore.bind_text(1, receiver);
  restore.bind_text(2, incident);
  restore.run();
  return true;
}

/// For the statements whose parameters are the delivery and a time.
bool move_at(Connection& connection, const char* sql, DeliveryId id, Time now) {
  auto statement = connection.prepare(sql);
  bind_id(statement, 1, id);
  statement.bind_time(2, now);
  return move_and_restore_order(connection, std::move(statement));
}

std::size_t move_all(Connection& connection, const char* sql, std::span<const DeliveryId> ids, Time now) {
  std::size_t moved = 0;
  for (const DeliveryId id : ids) moved += move_at(connection, sql, id, now) ? 1 : 0;
  return moved;
}

}  // namespace

Result<std::vector<OutboxRow>> Outbox::due(const std::string& receiver, Time now, std::size_t limit) {
  Connection& connection = database_.connection();
  return connection.read("cannot read the outbox", [&] {
    auto statement = connection.prepare(kDue);
    statement.bind_text(1, receiver);
    statement.bind_time(2, now);
    statement->bind(3, as_limit(limit));
    return rows_from(std::move(statement));
  });
}

Result<std::optional<Time>> Outbox::next_due(const std::string& receiver) {
  Connection& connection = database_.connection();
  return connection.read("cannot read the outbox", [&] {
    auto statement = connection.prepare("SELECT min(not_before) FROM outbox WHERE receiver = ? AND status = 'ready'");
    statement.bind_text(1, receiver);
    statement->executeStep();
    return optional_time_from(statement->getColumn(0));
  });
}

Result<> Outbox::mark(const DeliveryOutcomes& outcomes, Time now) {
  Connection& connection = database_.connection();
  return connection.write("cannot mark deliveries", [&] {
    for (const DeliveryId id : outcomes.delivered) move_at(connection, kMarkDelivered, id, now);
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
      move_and_restore_order(connection, std::move(statement));
    }
  });
}

Result<> Outbox::mark_delivered(std::vector<DeliveryId> ids, Time now) { return mark({.delivered = std::move(ids)}, now); }

Result<> Outbox::mark_retry(DeliveryId id, Time next_attempt_at, std::uint32_t attempts, std::string reason) {
  return mark({.retries = {{id, next_attempt_at, attempts, std::move(reason)}}}, Time());
}

Result<> Outbox::mark_dead(DeliveryId id, std::string reason, Time now) { return mark({.dead = {{id, std::move(reason)}}}, now); }

Result<std::vector<OutboxRow>> Outbox::list_dead(const std::string& receiver, std::size_t limit) {
  Connection& connection = database_.connection();
  return connection.read("cannot list the dead deliveries", [&] {
    auto statement = connection.prepare(kListDead);
    statement.bind_text(1, receiver);
    statement->bind(2, as_limit(limit));
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

Result<std::size_t> Outbox::retry_dead(std::span<const DeliveryId> ids, Time now) {
  Connection& connection = database_.connection();
  return connection.write("cannot queue dead deliveries again", [&] { return move_all(connection, kRetryDead, ids, now); });
}

Result<std::size_t> Outbox::discard(std::span<const DeliveryId> ids, Time now) {
  Connection& connection = database_.connection();
  return connection.write("cannot discard deliveries", [&] { return move_all(connection, kDiscard, ids, now); });
}

Result<std::vector<ReceiverCounts>> Outbox::count() {
  Connection& connection = database_.connection();
  return connection.read("cannot count the deliveries", [&] {
    auto statement = connection.prepare(
        "SELECT receiver, status, count(*), min(created_at) FROM outbox GROUP BY receiver, status ORDER BY receiver, status");
    std::vector<ReceiverCounts> receivers;
    while (statement->executeStep()) {
      std::string receiver = statement->getColumn(0).getString();
      if (receivers.empty() || receivers.back().receiver != receiver) receivers.push_back({.receiver = std::move(receiver)});
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

}  // namespace handshaked::store
