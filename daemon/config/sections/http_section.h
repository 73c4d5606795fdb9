#pragma once

#include "config/config.h"
#include "config/table_reader.h"

namespace handshaked::config {

/// Reads one [[http]] table and adds what it describes to `config`.
void read_http(TableReader& table, Config& config);

}  // namespace handshaked::config
