#pragma once

#include <cstddef>
#include <string_view>

#include "parse/error_record.h"

namespace handshaked::parse {

/// Reads "2026/11/21 02:58:15 [error] 9#9: *1 " from the beginning of `line` into time, level, pid,
/// tid and connection. Returns its length, or 0 (and leaves `record` alone) when no header stands
/// there.
std::size_t read_header(std::string_view line, ErrorRecord& record);

/// Reads "nginx: [emerg] ". Returns its length or 0.
std::size_t read_stderr_header(std::string_view line, ErrorRecord& record);

}  // namespace handshaked::parse
