#include "store/positions.h"

#include "store/database/connection.h"
#include "store/database/database.h"

namespace handshaked::store {

Result<std::optional<std::string>> Positions::find(std::string_view source) {
  const std::string name(source);
  Connection& connection = database_.connection();
  return connection.read("cannot find a read position", [&] {
    auto statement = connection.prepare("SELECT cursor FROM positions WHERE source = ?");
    statement.bind_text(1, name);
    std::optional<std::string> cursor;
    if (statement->executeStep()) cursor = statement->getColumn(0).getString();
    return cursor;
  });
}

Result<std::vector<PositionRow>> Positions::list() {
  Connection& connection = database_.connection();
  return connection.read("cannot list the read positions", [&] {
    auto statement = connection.prepare("SELECT source, cursor FROM positions ORDER BY source");
    std::vector<PositionRow> rows;
    while (statement->executeStep()) {
      rows.push_back({.source = statement->getColumn(0).getString(),
                      .cursor = statement->getColumn(1).getString()});
    }
    return rows;
  });
}

Result<> Positions::save(const PositionRow& row) { return database_.apply({.positions = {row}}); }

Result<> Positions::forget(const std::string& source) {
  Connection& connection = database_.connection();
  return connection.write("cannot forget a read position", [&] {
    auto statement = connection.prepare("DELETE FROM positions WHERE source = ?");
    statement.bind_text(1, source);
    statement.run();
  });
}

}  // namespace handshaked::store
