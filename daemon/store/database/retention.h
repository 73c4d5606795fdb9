#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "base/result.h"

namespace handshaked::store {

class Database;

struct RetentionLimits {
  std::chrono::hours max_age = std::chrono::days(90);
  std::uint64_t max_bytes = std::uint64_t{1} << 30;  ///< of pages in use; the file follows
  std::size_t rows_per_slice = 200;                  ///< deleted in one transaction
  std::size_t pages_per_slice = 500;                 ///< given back to the disk in one transaction
};

struct RetentionReport {
  std::size_t incidents_removed = 0;
  std::size_t deliveries_removed = 0;
  std::uint64_t bytes_used = 0;   ///< afterwards
  std::uint64_t bytes_freed = 0;  ///< given back to the disk
  bool is_finished = true;        ///< false: more to do, run another slice soon
  /// Finished, yet too large: what is left is open or undelivered, which is never deleted.
  bool is_over_limit = false;
};

/// Deletes one slice of what is old, or of the oldest while the database is too large: first what
/// was delivered or discarded, then resolved incidents, then the dead-letter list. Open incidents
/// and undelivered deliveries stay. A slice is short enough to stand between two commits: post it
/// again until is_finished, then once an hour.
Result<RetentionReport> run_retention_slice(Database& database, const RetentionLimits& limits,
                                            Time now);

}  // namespace handshaked::store
