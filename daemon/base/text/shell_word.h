#pragma once

#include <string>
#include <string_view>

namespace handshaked {

/// A text, such as a path, as one word of a shell command: quoted where the shell would read
/// something else in it.
std::string shell_word(std::string_view text);

}  // namespace handshaked
