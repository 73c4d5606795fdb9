#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"

namespace handshaked::store {

class Connection;

/// What takes the schema from one version to the next: SQL statements. A step that has shipped is
/// never edited.
using MigrationStep = const char*;

/// Every step, in order. Step i leads from version i to version i + 1; version 0 is an empty
/// database.
std::span<const MigrationStep> schema_steps();
/// The version that they lead to.
inline std::uint32_t schema_version() { return static_cast<std::uint32_t>(schema_steps().size()); }

/// Brings the database to the version after the last of `steps`, each step in a transaction of its
/// own: after a crash, the next start goes on with the step that was not finished. Refuses, and
/// changes nothing in, a database of a newer version and one that is not handshaked's.
Result<> migrate(Connection& connection, std::span<const MigrationStep> steps);

}  // namespace handshaked::store
