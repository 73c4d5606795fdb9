#pragma once

#include <string_view>

namespace handshaked::match {

/// The line (from 1) on which the value at `pointer` (RFC 6901: "/samples/2/line") begins in
/// `json`, which must be valid JSON; the nearest value above it where the pointer leads nowhere.
/// For complaints: parsers keep no positions.
unsigned line_of_pointer(std::string_view json, std::string_view pointer);

}  // namespace handshaked::match
