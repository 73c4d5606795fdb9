#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace handshaked::store {

class Database;

/// Why a receiver is left alone: it is down (its circuit is open), or it asked for a pause.
struct ReceiverRestRow {
  std::string receiver;
  std::string whom;  ///< the receiver as it was configured then
  std::chrono::milliseconds rest{0};
  Time rests_until{};
  Time paused_until{};
  std::string reason;
};

/// What delivery has to know of receivers after a restart. A view of the Database, which it borrows
/// and whose thread it keeps to.
class ReceiverRests {
 public:
  explicit ReceiverRests(Database& database) : database_(database) {}

  Result<std::optional<ReceiverRestRow>> find(const std::string& receiver);
  Result<> save(const ReceiverRestRow& row);
  Result<> forget(const std::string& receiver);

 private:
  Database& database_;
};

}  // namespace handshaked::store
