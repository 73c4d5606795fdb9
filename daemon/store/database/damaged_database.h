#pragma once

#include <filesystem>

#include "base/clock.h"
#include "base/result.h"

namespace handshaked::store {

class Connection;

/// How many damaged databases are kept beside the good one; older ones are deleted, because each
/// can be as large as the whole store and a dying disk makes many.
inline constexpr std::size_t kDamagedDatabasesKept = 3;

/// Renames the database, with its -wal and -shm, to "<name>.corrupt-<UTC time>" and returns that
/// path. Nobody may have it open. The time is `now`, in microseconds, or the next that is free.
Result<std::filesystem::path> move_aside(const std::filesystem::path& database, Time now);

/// Copies from the damaged database `damaged` into the new one what can still be read: positions,
/// open incidents, undelivered and dead deliveries (finished ones are history, not worth the risk).
/// A table is read from its beginning to the first unreadable page, then from its end. Rows whose
/// JSON is broken or that break a constraint are left out. The number of rows copied; 0 for a file
/// in which nothing can be read. An Error only when the new database refuses.
Result<std::size_t> salvage(const std::filesystem::path& damaged, Connection& into);

}  // namespace handshaked::store
