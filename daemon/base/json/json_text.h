#pragma once

#include <string>
#include <string_view>

namespace handshaked {

/// Appends `bytes` to `out` as one JSON string, quotes included, and returns `out`. The result is always valid JSON and
/// valid UTF-8: is_deceptive() characters are escaped, bytes that are not UTF-8 become U+FFFD. Text from logs and peers goes
/// through here and nowhere else. `bytes` must not point into `out`.
std::string& append_json_string(std::string& out, std::string_view bytes);

}  // namespace handshaked
