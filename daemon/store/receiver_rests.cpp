#include "store/receiver_rests.h"

#include "store/database/connection.h"
#include "store/database/database.h"

namespace handshaked::store {

Result<std::optional<ReceiverRestRow>> ReceiverRests::find(const std::string& receiver) {
  Connection& connection = database_.connection();
  return connection.read("cannot read why a receiver rests", [&] {
    auto statement = connection.prepare(
        "SELECT whom, rest_ms, rests_until, paused_until, reason FROM receiver_rests WHERE "
        "receiver = ?");
    statement.bind_text(1, receiver);
    std::optional<ReceiverRestRow> row;
    if (statement->executeStep()) {
      row = ReceiverRestRow{.receiver = receiver,
                            .whom = statement->getColumn(0).getString(),
                            .rest = std::chrono::milliseconds(statement->getColumn(1).getInt64()),
                            .rests_until = time_from(statement->getColumn(2)),
                            .paused_until = time_from(statement->getColumn(3)),
                            .reason = statement->getColumn(4).getString()};
    }
    return row;
  });
}

Result<> ReceiverRests::save(const ReceiverRestRow& row) {
  Connection& connection = database_.connection();
  return connection.write("cannot keep why a receiver rests", [&] {
    auto statement = connection.prepare(
        "INSERT OR REPLACE INTO receiver_rests (receiver, whom, rest_ms, rests_until, "
        "paused_until, reason) VALUES (?, ?, ?, ?, ?, ?)");
    statement.bind_text(1, row.receiver);
    statement.bind_text(2, row.whom);
    statement->bind(3, static_cast<int64_t>(row.rest.count()));
    statement.bind_time(4, row.rests_until);
    statement.bind_time(5, row.paused_until);
    statement.bind_text(6, row.reason);
    statement.run();
  });
}

Result<> ReceiverRests::forget(const std::string& receiver) {
  Connection& connection = database_.connection();
  return connection.write("cannot forget why a receiver rested", [&] {
    auto statement = connection.prepare("DELETE FROM receiver_rests WHERE receiver = ?");
    statement.bind_text(1, receiver);
    statement.run();
  });
}

}  // namespace handshaked::store
