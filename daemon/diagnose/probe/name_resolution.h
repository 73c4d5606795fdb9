#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace handshaked::diagnose {

/// The addresses of a name, IPv4 first, in numbers, by the system's resolver in a child process
/// that is killed at the deadline (a look-up cannot be cancelled otherwise). not_found, timeout, or
/// network.
Result<std::vector<std::string>> resolve_name(const std::string& host,
                                              std::chrono::steady_clock::time_point deadline);

}  // namespace handshaked::diagnose
