#include "store/commit.h"

#include <optional>

#include "store/database/connection.h"
#include "store/database/database.h"

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
      "INSERT INTO incidents (id, fingerprint, status, severity, opened_at, last_seen_at, "
      "resolved_at, state_json) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, status = "
      "excluded.status, "
      "severity = excluded.severity, opened_at = excluded.opened_at, last_seen_at = "
      "excluded.last_seen_at, "
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

std::int64_t write_body(Connection& connection, const std::string& body) {
  auto statement =
      connection.prepare("INSERT INTO event_bodies (body) VALUES (pack(?)) RETURNING body_id");
  statement.bind_text(1, body);
  statement->executeStep();
  const std::int64_t id = statement->getColumn(0).getInt64();
  statement->executeStep();  // to its end
  return id;
}

/// Where the body of `row` is: another receiver's of the same event if it is the same, else it is
/// written. Nothing if the event was queued for this receiver before.
std::optional<std::int64_t> place_body(Connection& connection, const NewDelivery& row) {
  std::optional<std::int64_t> shared;
  {
    auto statement = connection.prepare(
        "SELECT receiver = ?2, body_id, unpack(body) = ?3 FROM outbox CROSS JOIN event_bodies "
        "USING (body_id) WHERE event_id = ?1");
    statement.bind_text(1, row.event_id);
    statement.bind_text(2, row.receiver);
    statement.bind_text(3, row.body);
    while (statement->executeStep()) {
      if (statement->getColumn(0).getInt() != 0) return std::nullopt;
      if (statement->getColumn(2).getInt() != 0) shared = statement->getColumn(1).getInt64();
    }
  }
  return shared ? shared : write_body(connection, row.body);
}

/// Nothing if the event was queued for this receiver before.
std::optional<QueuedRow> queue_delivery(Connection& connection, const NewDelivery& row) {
  const auto body_id = place_body(connection, row);
  if (!body_id) return std::nullopt;
  // "behind": an earlier one of the same incident for the same receiver has to arrive first.
  auto statement = connection.prepare(
      "INSERT INTO outbox (receiver, event_id, event_type, incident_id, created_at, not_before, "
      "body_id, status) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, CASE WHEN ?4 <> '' AND EXISTS ("
      "  SELECT 1 FROM outbox WHERE receiver = ?1 AND incident_id = ?4 AND status IN ('ready', "
      "'behind')"
      ") THEN 'behind' ELSE 'ready' END) RETURNING delivery_id, status = 'ready'");
  statement.bind_text(1, row.receiver);
  statement.bind_text(2, row.event_id);
  statement.bind_text(3, row.event_type);
  statement.bind_text(4, row.incident_id);
  statement.bind_time(5, row.created_at);
  statement.bind_time(6, row.not_before);
  statement->bind(7, static_cast<int64_t>(*body_id));
  statement->executeStep();
  const QueuedRow queued{.id = {statement->getColumn(0).getInt64()},
                         .is_ready = statement->getColumn(1).getInt() != 0};
  statement->executeStep();  // to its end
  return queued;
}

void write_told(Connection& connection, const ToldRow& row) {
  if (row.state_json.empty()) {
    auto statement = connection.prepare("DELETE FROM told WHERE incident_id = ? AND receiver = ?");
    statement.bind_text(1, row.incident_id);
    statement.bind_text(2, row.receiver);
    statement.run();
    return;
  }
  auto statement = connection.prepare(
      "INSERT INTO told (receiver, incident_id, state_json) VALUES (?, ?, ?) "
      "ON CONFLICT (incident_id, receiver) DO UPDATE SET state_json = excluded.state_json");
  statement.bind_text(1, row.receiver);
  statement.bind_text(2, row.incident_id);
  statement.bind_text(3, row.state_json);
  statement.run();
}

void write_diagnosis(Connection& connection, const DiagnosisRow& row) {
  if (row.note_json.empty()) {
    auto statement = connection.prepare("DELETE FROM diagnoses WHERE incident_id = ?");
    statement.bind_text(1, row.incident_id);
    statement.run();
    return;
  }
  auto statement = connection.prepare(
      "INSERT INTO diagnoses (incident_id, note_json) VALUES (?, ?) "
      "ON CONFLICT (incident_id) DO UPDATE SET note_json = excluded.note_json");
  statement.bind_text(1, row.incident_id);
  statement.bind_text(2, row.note_json);
  statement.run();
}

}  // namespace

Result<> Database::apply(const Commit& commit, std::vector<QueuedRow>* queued) {
  if (queued != nullptr) queued->clear();
  if (commit.empty()) return success();
  return connection_->write("cannot commit", [&] {
    for (const PositionRow& row : commit.positions) write_position(*connection_, row);
    for (const IncidentRow& row : commit.incidents) write_incident(*connection_, row);
    for (std::size_t index = 0; index < commit.deliveries.size(); ++index) {
      auto row = queue_delivery(*connection_, commit.deliveries[index]);
      if (!row || queued == nullptr) continue;
      row->index = index;
      queued->push_back(*row);
    }
    for (const ToldRow& row : commit.told) write_told(*connection_, row);
    for (const DiagnosisRow& row : commit.diagnoses) write_diagnosis(*connection_, row);
  });
}

}  // namespace handshaked::store
