#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/outbox.h"

namespace handshaked::store {

class Database;

/// What was queued about one incident, the latest first, without bodies: at most `limit`. On the thread of the Database.
Result<std::vector<OutboxRow>> deliveries_of_incident(Database& database, const std::string& incident_id, std::size_t limit);

}  // namespace handshaked::store
