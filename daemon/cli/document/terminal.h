#pragma once

#include <cstddef>
#include <optional>

namespace handshaked::cli {

/// Columns of the terminal behind a descriptor; nullopt when it is none.
std::optional<std::size_t> terminal_width(int descriptor);

/// Is colour wanted on a terminal? Not with NO_COLOR set (https://no-color.org) or TERM=dumb.
bool colour_is_wanted();

/// Is standard input something that is still being written (a pipe, a terminal, a socket) and not a
/// file?
bool standard_input_is_live();

}  // namespace handshaked::cli
