#pragma once

#include <cstdint>
#include <string>

namespace handshaked::receive {

/// "2026-11-21T02:58:15Z": how a Record names a moment that came as nanoseconds since 1970. Empty for 0 and beyond the year 9999.
std::string rfc3339_of_nanoseconds(std::uint64_t nanoseconds);

}  // namespace handshaked::receive
