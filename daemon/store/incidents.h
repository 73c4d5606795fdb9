#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/commit.h"

namespace handshaked::store {

class Database;

struct IncidentCounts {
  std::int64_t open = 0;
  std::int64_t resolved = 0;
};

/// What is kept of incidents; they are written through Database::apply. A view of the Database,
/// which it borrows and whose thread it keeps to.
class Incidents {
 public:
  explicit Incidents(Database& database) : database_(database) {}

  /// Everything open, latest seen first: what the correlator starts with. Unlimited, as it was in
  /// memory before.
  Result<std::vector<IncidentRow>> load_open();
  /// The same, one by one: there may be more than memory should hold twice.
  Result<> visit_open(const std::function<void(const IncidentRow&)>& visit);

  /// What was resolved since `since`, the latest first: it may reopen, or somebody may have to hear
  /// of its end.
  Result<std::vector<IncidentRow>> load_resolved_since(Time since, std::size_t limit);

  Result<std::optional<IncidentRow>> find(const std::string& id);

  /// Those whose id or fingerprint begins so, the latest seen first.
  Result<std::vector<IncidentRow>> find_named(const std::string& beginning, std::size_t limit);

  /// The latest seen first; without a status the open ones come before the resolved. At most
  /// `limit` rows.
  Result<std::vector<IncidentRow>> list(std::optional<IncidentStatus> status, std::size_t limit);

  Result<IncidentCounts> count();

 private:
  Database& database_;
};

}  // namespace handshaked::store
