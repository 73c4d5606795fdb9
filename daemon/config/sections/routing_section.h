#pragma once

#include <vector>

#include "config/config.h"
#include "config/table_reader.h"

namespace handshaked::config {

/// Reads one [[route]] table and adds it to `config`.
void read_route(TableReader& table, Config& config);

/// Reads one [[maintenance]] table and adds it to `config`.
void read_maintenance(TableReader& table, Config& config);

/// What can only be said when all receivers are known: that those which routes name exist.
void check_routes(const Config& config, std::vector<ConfigProblem>& problems);

}  // namespace handshaked::config
