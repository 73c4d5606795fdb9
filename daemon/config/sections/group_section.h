#pragma once

#include "config/config.h"
#include "config/table_reader.h"

namespace handshaked::config {

/// [group]
void read_group(TableReader& table, Group& group);
/// What of the other sections a worker of a group cannot have. After all files were read.
void check_group(const Config& config, const std::string& file, std::vector<ConfigProblem>& problems);

}  // namespace handshaked::config
