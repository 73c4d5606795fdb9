#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace handshaked::receive {

// How a Record names its moment (RFC 3339, in UTC) when the sender gave a number. Before 1970 and
// beyond the year 9999 nothing is named.

/// "2026-11-21T02:58:15.123456Z".
std::string rfc3339_text(Time time);

/// "2026-11-21T02:58:15Z", of nanoseconds since 1970. Empty for 0, too: so protocols say that they
/// do not know.
std::string rfc3339_of_nanoseconds(std::uint64_t nanoseconds);

/// Of a number since 1970 whose unit nobody names: seconds (with a fraction or without),
/// milliseconds, microseconds or nanoseconds. Its size tells which, since each unit is taken from
/// March 1973 to the year 5138. Empty for smaller numbers: they are durations, and no moments of a
/// log.
std::string rfc3339_of_epoch(std::int64_t number);
std::string rfc3339_of_epoch(double number);

/// The same for a number as JSON writes it, or as a string holds it ("1795229895",
/// "1795229895.123", "1.7952e9"). Empty for any other text.
std::string rfc3339_of_epoch(std::string_view number);

}  // namespace handshaked::receive
