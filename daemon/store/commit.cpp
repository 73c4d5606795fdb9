#include "store/commit.h"

#include "store/connection.h"
#include "store/database.h"

namespace handshaked::store {

namespace {

void write_position(Connection& connection, const PositionRow& row) {
  auto statement = connection.prepare(
      "INSERT INTO positions (source, cursor) VALUES (?, ?) "
      "ON CONFLICT (source) DO UPDATE SET cursor = excluded.cursor");
  statement.bind_text(1, row.source);
  statement.bind_blob(2, row.cursor);
  statement.run();
}

void write_incident(Connection& connection, const IncidentRow& row) {
  static const std::string kOpen = "open";
  static const std::string kResolved = "resolved";
  auto statement = connection.prepare(
      "INSERT INTO incidents (id, fingerprint, status, severity, opened_at, last_seen_at, resolved_at, state_json) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status, "
      "severity = excluded.severity, opened_at = excluded.opened_at, last_seen_at = excluded.last_seen_at, "
      "resolved_at = excluded.resolved_at, state_json = excluded.state_json");
  statement.bind_text(1, row.id);
  statement.bind_text(2, row.fingerprint);
  statement.bind_text(3, row.status == IncidentStatus::open ? kOpen : kResolved);
  statement.bind_text(4, row.severity);
  statement.bind_time(5, row.opened_at);
  statement.bind_time(6, row.last_seen_at);
  statement.bind_time(7, row.resolved_at);
  statement.bind_text(8, row.state_json);
  statement.run();
}

void queue_delivery(Connection& connection, const NewDelivery& row) {
  // "behind": an earlier one of the same incident for the same receiver has to arrive first.
  auto statement = connection.prepare(
      "INSERT INTO outbox (receiver, event_id, event_type, incident_id, created_at, not_before, body, status) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, CASE WHEN ?4 <> '' AND EXISTS ("
      "  SELECT 1 FROM outbox WHERE receiver = ?1 AND incident_id = ?4 AND status IN ('ready', 'behind')"
      ") THEN 'behind' ELSE 'ready' END) "
      "ON CONFLICT (event_id, receiver) DO NOTHING");
  statement.bind_text(1, row.receiver);
  statement.bind_text(2, row.event_id);
  statement.bind_text(3, row.event_type);
  statement.bind_text(4, row.incident_id);
  statement.bind_time(5, row.created_at);
  statement.bind_time(6, row.not_before);
  statement.bind_text(7, row.body);
  statement.run();
}

}  // namespace

Result<> Database::apply(const Commit& commit) {
  if (commit.empty()) return success();
  return connection_->write("cannot commit", [&] {
    for (const PositionRow& row : commit.positions) write_position(*connection_, row);
    for (const IncidentRow& row : commit.incidents) write_incident(*connection_, row);
    for (const NewDelivery& row : commit.deliveries) queue_delivery(*connection_, row);
  });
}

}  // namespace handshaked::store
