#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace handshaked::store {

class Database;

/// How often a fix, made on this installation against one cause, was followed by success.
struct FixOutcomeRow {
  std::string cause, fix_id;
  std::uint64_t worked = 0, failed = 0;
};

/// What this installation has learnt about fixes. A view of the Database, which it borrows and
/// whose thread it keeps to.
class FixOutcomes {
 public:
  explicit FixOutcomes(Database& database) : database_(database) {}

  Result<std::vector<FixOutcomeRow>> load();
  Result<> count(const std::string& cause, const std::string& fix_id, bool has_worked);

 private:
  Database& database_;
};

}  // namespace handshaked::store
