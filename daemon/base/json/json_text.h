#pragma once

#include <string>
#include <string_view>

namespace handshaked {

/// Appends `bytes` to `out` as one JSON string, quotes included, and returns `out`. The result is
/// always valid JSON and valid UTF-8: is_deceptive() characters are escaped, bytes that are not
/// UTF-8 become U+FFFD. Text from logs and peers goes through here and nowhere else. `bytes` must
/// not point into `out`.
std::string& append_json_string(std::string& out, std::string_view bytes);

/// JSON of somebody else, or of a library that escapes less than append_json_string(): the same
/// document with is_deceptive() characters as escapes, and U+FFFD for what is not UTF-8.
std::string with_escapes(std::string_view json);

/// Copies `bytes` to `to`, where there is room for them, if all of them may stand in a JSON string
/// as they are. Else false, and what stands at `to` is of no use: append_json_string() is needed.
bool copy_plain_json(char* to, std::string_view bytes);

}  // namespace handshaked
