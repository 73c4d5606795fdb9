#pragma once

#include <filesystem>

#include "base/result.h"

namespace handshaked::store {

class Connection;

/// Copies from the damaged database `damaged` into the new one what can still be read: positions, open incidents,
/// undelivered and dead deliveries (finished ones are history, not worth the risk). A table is read from its beginning to
/// the first unreadable page, then from its end. Rows whose JSON is broken or that break a constraint are left out.
/// The number of rows copied; 0 for a file in which nothing can be read. An Error only when the new database refuses.
Result<std::size_t> salvage(const std::filesystem::path& damaged, Connection& into);

}  // namespace handshaked::store
