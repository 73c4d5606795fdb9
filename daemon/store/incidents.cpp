#include "store/incidents.h"

#include <algorithm>
#include <limits>

#include "store/database/connection.h"
#include "store/database/database.h"

namespace handshaked::store {

namespace {

// The columns of every SELECT below, in the order of row_from().
constexpr const char* kFind =
    "SELECT id, fingerprint, status, severity, opened_at, last_seen_at, resolved_at, state_json "
    "FROM incidents WHERE id = ?";
constexpr const char* kListByStatus =
    "SELECT id, fingerprint, status, severity, opened_at, last_seen_at, resolved_at, state_json "
    "FROM incidents "
    "WHERE status = ? ORDER BY last_seen_at DESC, id LIMIT ?";

const std::string& name_of(IncidentStatus status) {
  static const std::string kOpen = "open";
  static const std::string kResolved = "resolved";
  return status == IncidentStatus::open ? kOpen : kResolved;
}

IncidentRow row_from(BorrowedStatement& statement) {
  return {
      .id = statement->getColumn(0).getString(),
      .fingerprint = statement->getColumn(1).getString(),
      .status = statement->getColumn(2).getString() == "open" ? IncidentStatus::open
                                                              : IncidentStatus::resolved,
      .severity = statement->getColumn(3).getString(),
      .opened_at = time_from(statement->getColumn(4)),
      .last_seen_at = time_from(statement->getColumn(5)),
      .resolved_at = optional_time_from(statement->getColumn(6)),
      .state_json = statement->getColumn(7).getString(),
  };
}

void visit_rows(Connection& connection, IncidentStatus status, std::size_t limit,
                const std::function<void(IncidentRow)>& visit) {
  auto statement = connection.prepare(kListByStatus);
  statement.bind_text(1, name_of(status));
  statement->bind(2, static_cast<int64_t>(
                         std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max())));
  while (statement->executeStep()) visit(row_from(statement));
}

}  // namespace

Result<std::vector<IncidentRow>> Incidents::load_open() {
  return list(IncidentStatus::open, std::numeric_limits<std::int64_t>::max());
}

Result<> Incidents::visit_open(const std::function<void(const IncidentRow&)>& visit) {
  Connection& connection = database_.connection();
  return connection.read("cannot read the open incidents", [&] {
    visit_rows(connection, IncidentStatus::open, std::numeric_limits<std::int64_t>::max(), visit);
  });
}

Result<std::vector<IncidentRow>> Incidents::load_resolved_since(Time since, std::size_t limit) {
  Connection& connection = database_.connection();
  return connection.read("cannot read what was resolved lately", [&] {
    auto statement = connection.prepare(
        "SELECT id, fingerprint, status, severity, opened_at, last_seen_at, resolved_at, "
        "state_json FROM incidents "
        "WHERE status = 'resolved' AND (resolved_at >= ?1 OR id IN (SELECT incident_id FROM told)) "
        "ORDER BY resolved_at DESC LIMIT ?2");
    statement.bind_time(1, since);
    statement->bind(2, static_cast<int64_t>(
                           std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max())));
    std::vector<IncidentRow> rows;
    while (statement->executeStep()) rows.push_back(row_from(statement));
    return rows;
  });
}

Result<std::optional<IncidentRow>> Incidents::find(const std::string& id) {
  Connection& connection = database_.connection();
  return connection.read("cannot find an incident", [&] {
    auto statement = connection.prepare(kFind);
    statement.bind_text(1, id);
    std::optional<IncidentRow> row;
    if (statement->executeStep()) row = row_from(statement);
    return row;
  });
}

Result<std::vector<IncidentRow>> Incidents::find_named(const std::string& beginning,
                                                       std::size_t limit) {
  Connection& connection = database_.connection();
  return connection.read("cannot find an incident", [&] {
    auto statement = connection.prepare(
        "SELECT id, fingerprint, status, severity, opened_at, last_seen_at, resolved_at, "
        "state_json FROM incidents "
        "WHERE substr(id, 1, length(?1)) = ?1 OR substr(fingerprint, 1, length(?1)) = ?1 ORDER BY "
        "last_seen_at DESC, id LIMIT ?2");
    statement.bind_text(1, beginning);
    statement->bind(2, static_cast<int64_t>(
                           std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max())));
    std::vector<IncidentRow> rows;
    while (statement->executeStep()) rows.push_back(row_from(statement));
    return rows;
  });
}

Result<std::vector<IncidentRow>> Incidents::list(std::optional<IncidentStatus> status,
                                                 std::size_t limit) {
  Connection& connection = database_.connection();
  return connection.read("cannot list the incidents", [&] {
    std::vector<IncidentRow> rows;
    for (const IncidentStatus wanted : {IncidentStatus::open, IncidentStatus::resolved}) {
      if (status && *status != wanted) continue;
      visit_rows(connection, wanted, limit - rows.size(),
                 [&rows](IncidentRow row) { rows.push_back(std::move(row)); });
    }
    return rows;
  });
}

Result<IncidentCounts> Incidents::count() {
  Connection& connection = database_.connection();
  return connection.read("cannot count the incidents", [&] {
    return IncidentCounts{
        .open = connection.read_integer("SELECT count(*) FROM incidents WHERE status = 'open'"),
        .resolved =
            connection.read_integer("SELECT count(*) FROM incidents WHERE status = 'resolved'"),
    };
  });
}

}  // namespace handshaked::store
