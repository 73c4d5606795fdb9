#pragma once

#include <string>
#include <string_view>

namespace handshaked {

/// JSON of somebody else, or of a library that escapes less than append_json_string(): the same document with is_deceptive() characters
/// as escapes, and U+FFFD for what is not UTF-8.
std::string with_escapes(std::string_view json);

}  // namespace handshaked
