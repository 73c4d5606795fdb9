#pragma once

#include <string>
#include <string_view>

namespace handshaked::cli {

/// JSON as our files are written: two spaces a level, one member a line, empty lists and objects in
/// one. `json` must be valid.
std::string laid_out(std::string_view json);

}  // namespace handshaked::cli
