#pragma once

#include "config/config.h"
#include "config/table_reader.h"

namespace handshaked::config {

/// Reads one [[journal]] table and adds what it describes to `config`.
void read_journal(TableReader& table, Config& config);

}  // namespace handshaked::config
