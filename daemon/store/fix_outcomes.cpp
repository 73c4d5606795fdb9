#include "store/fix_outcomes.h"

#include "store/database/connection.h"
#include "store/database/database.h"

namespace handshaked::store {

Result<std::vector<FixOutcomeRow>> FixOutcomes::load() {
  Connection& connection = database_.connection();
  return connection.read("cannot read the outcomes of fixes", [&] {
    auto statement = connection.prepare("SELECT cause, fix_id, worked, failed FROM fix_outcomes");
    std::vector<FixOutcomeRow> rows;
    while (statement->executeStep()) {
      rows.push_back({.cause = statement->getColumn(0).getString(),
                      .fix_id = statement->getColumn(1).getString(),
                      .worked = static_cast<std::uint64_t>(statement->getColumn(2).getInt64()),
                      .failed = static_cast<std::uint64_t>(statement->getColumn(3).getInt64())});
    }
    return rows;
  });
}

Result<> FixOutcomes::count(const std::string& cause, const std::string& fix_id, bool has_worked) {
  Connection& connection = database_.connection();
  return connection.write("cannot count the outcome of a fix", [&] {
    auto statement = connection.prepare(
        "INSERT INTO fix_outcomes (cause, fix_id, worked, failed) VALUES (?1, ?2, ?3, 1 - ?3) "
        "ON CONFLICT DO UPDATE SET worked = worked + ?3, failed = failed + 1 - ?3");
    statement.bind_text(1, cause);
    statement.bind_text(2, fix_id);
    statement->bind(3, has_worked ? 1 : 0);
    statement->exec();
  });
}

}  // namespace handshaked::store
