#pragma once

#include <filesystem>

#include "base/clock.h"
#include "base/result.h"

namespace handshaked::store {

/// How many damaged databases are kept beside the good one; older ones are deleted, because each can be as large as
/// the whole store and a dying disk makes many.
inline constexpr std::size_t kDamagedDatabasesKept = 3;

/// Renames the database, with its -wal and -shm, to "<name>.corrupt-<UTC time>" and returns that path. Nobody may have
/// it open. The time is `now`, in microseconds, or the next that is free.
Result<std::filesystem::path> move_aside(const std::filesystem::path& database, Time now);

}  // namespace handshaked::store
