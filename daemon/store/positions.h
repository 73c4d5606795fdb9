#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/read_position.h"
#include "store/commit.h"

namespace handshaked::store {

class Database;

/// How far each source has been read. A view of the Database, which it borrows and whose thread it
/// keeps to: as a PositionBook it is asked before the Database goes to its StoreThread.
class Positions final : public ingest::PositionBook {
 public:
  explicit Positions(Database& database) : database_(database) {}

  /// The cursor of `source`; nothing when it was never committed.
  Result<std::optional<std::string>> find(std::string_view source) override;

  /// All of them, by source.
  Result<std::vector<PositionRow>> list();

  /// For what belongs to no commit (a cursor moved by hand). Normal progress goes through
  /// Database::apply.
  Result<> save(const PositionRow& row);

  /// A source that is gone for good. The store never forgets one by itself: an idle log may stay
  /// silent for months.
  Result<> forget(const std::string& source);

 private:
  Database& database_;
};

}  // namespace handshaked::store
