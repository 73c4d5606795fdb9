#pragma once

#include <string>

#include "config/config.h"

namespace handshaked::config {

/// What this host is called: as configured, else as the system says.
std::string host_name(const Config& config);

}  // namespace handshaked::config
