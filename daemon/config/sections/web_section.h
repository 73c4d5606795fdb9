#pragma once

#include "config/config.h"
#include "config/table_reader.h"

namespace handshaked::config {

/// [web], from the root table.
void read_web(TableReader& root, Config& config);

}  // namespace handshaked::config
