#pragma once

#include <string_view>

#include "parse/error_record.h"

namespace handshaked::parse {

/// Where the context begins in what follows the header: the position of its first ", " (", client: ", ", udp client: " or
/// ", responder: "), or npos when the line has none. A comma inside a quoted value does not count.
std::size_t find_context(std::string_view rest);

/// Splits what follows the header into text, message, action, side and the fields of the context.
void read_context(std::string_view rest, ErrorRecord& record);

}  // namespace handshaked::parse
