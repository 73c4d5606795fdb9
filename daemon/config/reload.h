#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace handshaked::config {

/// What differs between two configurations and takes a restart: the sections and keys, as they are
/// written in TOML. Everything else (receivers, routes, maintenance windows, group_wait, language,
/// log_level) a running daemon takes over.
std::vector<std::string> changes_for_restart(const Config& running, const Config& next);

}  // namespace handshaked::config
