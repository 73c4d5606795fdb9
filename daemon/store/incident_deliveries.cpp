#include "store/incident_deliveries.h"

#include "store/database/connection.h"
#include "store/database/database.h"

namespace handshaked::store {

Result<std::vector<OutboxRow>> deliveries_of_incident(Database& database, const std::string& incident_id, std::size_t limit) {
  Connection& connection = database.connection();
  TRY(const std::vector<DeliveryId> ids, connection.read("cannot list the deliveries of an incident", [&] {
    auto statement = connection.prepare("SELECT delivery_id FROM outbox WHERE incident_id = ?1 ORDER BY delivery_id DESC LIMIT ?2");
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
