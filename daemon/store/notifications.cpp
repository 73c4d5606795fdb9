#include "store/notifications.h"

#include "store/database/connection.h"
#include "store/database/database.h"

namespace handshaked::store {

Result<std::vector<ToldRow>> Notifications::load_told() {
  std::vector<ToldRow> rows;
  TRY(visit_told([&rows](const ToldRow& row) { rows.push_back(row); }));
  return rows;
}

Result<> Notifications::visit_told(const std::function<void(const ToldRow&)>& visit) {
  Connection& connection = database_.connection();
  return connection.read("cannot read what receivers were told", [&] {
    auto statement = connection.prepare(
        "SELECT receiver, incident_id, state_json FROM told ORDER BY incident_id, receiver");
    while (statement->executeStep()) {
      visit({.receiver = statement->getColumn(0).getString(),
             .incident_id = statement->getColumn(1).getString(),
             .state_json = statement->getColumn(2).getString()});
    }
  });
}

Result<std::vector<DiagnosisRow>> Notifications::load_diagnoses() {
  Connection& connection = database_.connection();
  return connection.read("cannot read the diagnoses", [&] {
    auto statement = connection.prepare(
        "SELECT incident_id, note_json FROM diagnoses WHERE incident_id IN (SELECT id FROM "
        "incidents WHERE status = 'open') "
        "OR incident_id IN (SELECT incident_id FROM told)");
    std::vector<DiagnosisRow> rows;
    while (statement->executeStep())
      rows.push_back({.incident_id = statement->getColumn(0).getString(),
                      .note_json = statement->getColumn(1).getString()});
    return rows;
  });
}

Result<std::string> Notifications::find_diagnosis(const std::string& incident_id) {
  Connection& connection = database_.connection();
  return connection.read("cannot read a diagnosis", [&] {
    auto statement = connection.prepare("SELECT note_json FROM diagnoses WHERE incident_id = ?");
    statement.bind_text(1, incident_id);
    return statement->executeStep() ? statement->getColumn(0).getString() : std::string();
  });
}

Result<std::vector<SilenceRow>> Notifications::load_silences() {
  Connection& connection = database_.connection();
  return connection.read("cannot read the silences", [&] {
    auto statement = connection.prepare("SELECT id, ends_at, state_json FROM silences ORDER BY id");
    std::vector<SilenceRow> rows;
    while (statement->executeStep()) {
      rows.push_back({.id = statement->getColumn(0).getString(),
                      .ends_at = time_from(statement->getColumn(1)),
                      .state_json = statement->getColumn(2).getString()});
    }
    return rows;
  });
}

Result<> Notifications::save_silence(const SilenceRow& row) {
  Connection& connection = database_.connection();
  return connection.write("cannot keep a silence", [&] {
    auto statement = connection.prepare(
        "INSERT INTO silences (id, ends_at, state_json) VALUES (?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET ends_at = excluded.ends_at, state_json = "
        "excluded.state_json");
    statement.bind_text(1, row.id);
    statement.bind_time(2, row.ends_at);
    statement.bind_text(3, row.state_json);
    statement.run();
  });
}

Result<> Notifications::forget_silences(Time before) {
  Connection& connection = database_.connection();
  return connection.write("cannot forget silences", [&] {
    auto statement = connection.prepare("DELETE FROM silences WHERE ends_at < ?");
    statement.bind_time(1, before);
    statement.run();
  });
}

}  // namespace handshaked::store
