#pragma once

#include <vector>

#include "config/config.h"
#include "config/table_reader.h"

namespace handshaked::config {

/// Reads one [[receiver]] table and adds what it describes to `config`.
void read_receiver(TableReader& table, Config& config);

/// What can only be said when all receivers are known: every fallback exists.
void check_receivers(const Config& config, std::vector<ConfigProblem>& problems);

}  // namespace handshaked::config
