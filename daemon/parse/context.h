#pragma once

#include <cstddef>
#include <string_view>

#include "parse/error_record.h"

namespace handshaked::parse {

/// No more of a line is read than this: nginx writes 2,048 bytes, to syslog too (OpenResty 4,096),
/// and a transport may have escaped some. What stands behind it is nobody's record.
inline constexpr std::size_t kLongestRecord = 8192;

/// Where the context begins in what follows the header: the position of its first ", " (", client:
/// ", ", udp client: " or
/// ", responder: "), or npos when the line has none. A comma inside a quoted value does not count.
std::size_t find_context(std::string_view rest);

/// How many contexts of a connection (", client: " with a ", server: " behind it) the line holds.
std::size_t count_contexts(std::string_view line);

/// Is the record one of nginx's start, or of a reload? [emerg] is what it says while it reads its
/// configuration, and never of a connection.
bool is_of_start(const ErrorRecord& record);

/// Does the record say only that a call failed ("SSL_do_handshake() failed"), neither why nor what
/// nginx was doing? Nothing tells its side then.
bool says_only_failed(const ErrorRecord& record);

/// Splits what follows the header into text, message, action, side and the fields of the context.
void read_context(std::string_view rest, ErrorRecord& record);

}  // namespace handshaked::parse
