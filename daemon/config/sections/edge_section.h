#pragma once

#include "config/config.h"
#include "config/table_reader.h"

namespace handshaked::config {

/// One [[edge]] table.
void read_edge(TableReader& table, Config& config);
/// [labels]: names and values that the operator chooses.
void read_labels(TableReader& table, Labels& labels);

}  // namespace handshaked::config
