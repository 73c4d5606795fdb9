#pragma once

#include <string_view>

namespace handshaked {

/// Copies `bytes` to `to`, where there is room for them, if all of them may stand in a JSON string as they are. Else false, and what stands
/// at `to` is of no use: append_json_string() is needed.
bool copy_plain_json(char* to, std::string_view bytes);

}  // namespace handshaked
