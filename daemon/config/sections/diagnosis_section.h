#pragma once

#include "config/config.h"
#include "config/table_reader.h"

namespace handshaked::config {

/// [nginx] and [diagnosis] of the root table.
void read_nginx_and_diagnosis(TableReader& root, Config& config);

}  // namespace handshaked::config
