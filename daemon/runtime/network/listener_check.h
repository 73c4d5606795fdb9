#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace handshaked::runtime {

/// Why the daemon could not start with its sources: certificates, keys, tokens and secrets that
/// cannot be used, a line each, in words without any secret. What `check` says of sources. Opens no
/// socket; credentials that were handed to the service alone are taken for good.
std::vector<std::string> listener_problems(const config::Config& config);

}  // namespace handshaked::runtime
