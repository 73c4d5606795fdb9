#include "store/rates.h"

#include <algorithm>

#include "store/database/connection.h"
#include "store/database/database.h"

namespace handshaked::store {

Result<> Rates::record(const std::vector<Row>& rows) {
  Connection& connection = database_.connection();
  return connection.write("cannot keep the rates of incidents", [&] {
    for (const Row& row : rows) {
      auto minute = connection.prepare(
          "INSERT INTO rates (incident_id, step, at, count) SELECT ?1, 60, ?2, ?3 WHERE EXISTS "
          "(SELECT 1 FROM incidents WHERE id = ?1) "
          "ON CONFLICT (incident_id, step, at) DO UPDATE SET count = count + excluded.count");
      minute.bind_text(1, row.incident_id);
      minute->bind(2, static_cast<int64_t>(row.minute * 60));
      minute->bind(3, static_cast<int64_t>(row.count));
      if (minute.run() == 0) continue;
      auto hour = connection.prepare(
          "INSERT INTO rates (incident_id, step, at, count) VALUES (?1, 3600, ?2, ?3) "
          "ON CONFLICT (incident_id, step, at) DO UPDATE SET count = count + excluded.count");
      hour.bind_text(1, row.incident_id);
      hour->bind(2, static_cast<int64_t>(row.minute / 60 * 3600));
      hour->bind(3, static_cast<int64_t>(row.count));
      hour.run();
    }
  });
}

Result<Rates::Points> Rates::of_incident(const std::string& incident_id, Step step,
                                         std::int64_t since) {
  Connection& connection = database_.connection();
  return connection.read("cannot read the rates of an incident", [&] {
    auto statement = connection.prepare(
        "SELECT at, count FROM rates WHERE incident_id = ?1 AND step = ?2 AND at >= ?3 ORDER BY "
        "at");
    statement.bind_text(1, incident_id);
    statement->bind(2, static_cast<int64_t>(step));
    statement->bind(3, static_cast<int64_t>(since));
    Points points;
    while (statement->executeStep())
      points.emplace_back(statement->getColumn(0).getInt64(),
                          static_cast<std::uint64_t>(statement->getColumn(1).getInt64()));
    return points;
  });
}

Result<std::unordered_map<std::string, std::vector<std::uint64_t>>> Rates::sparklines(
    const std::vector<std::string>& incident_ids, std::int64_t since, std::int64_t until,
    std::size_t parts) {
  std::unordered_map<std::string, std::vector<std::uint64_t>> lines;
  const std::int64_t width = std::max<std::int64_t>(
      1, (until - since) / static_cast<std::int64_t>(std::max<std::size_t>(1, parts)));
  for (const std::string& id : incident_ids) {
    TRY(const Points points, of_incident(id, Step::minute, since));
    std::vector<std::uint64_t>& line = lines[id];
    line.assign(parts, 0);
    for (const auto& [at, count] : points) {
      const auto part = static_cast<std::size_t>((at - since) / width);
      if (part < parts) line[part] += count;
    }
  }
  return lines;
}

Result<Rates::Points> Rates::totals(Step step, std::int64_t since, std::int64_t bucket) {
  Connection& connection = database_.connection();
  return connection.read("cannot read the rates", [&] {
    auto statement = connection.prepare(
        "SELECT at / ?3 * ?3 AS begin, sum(count) FROM rates WHERE step = ?1 AND at >= ?2 GROUP BY "
        "begin ORDER BY begin");
    statement->bind(1, static_cast<int64_t>(step));
    statement->bind(2, static_cast<int64_t>(since));
    statement->bind(3, static_cast<int64_t>(bucket));
    Points points;
    while (statement->executeStep())
      points.emplace_back(statement->getColumn(0).getInt64(),
                          static_cast<std::uint64_t>(statement->getColumn(1).getInt64()));
    return points;
  });
}

}  // namespace handshaked::store
