#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace handshaked::cli {

/// Columns that a text takes on a terminal: two for Chinese, none for combining marks. `text` is valid UTF-8.
std::size_t display_width(std::string_view text);

/// The lines of a text, without their line feeds; none for an empty text.
std::vector<std::string_view> lines_of(std::string_view text);

/// Breaks a paragraph into lines of at most `width` columns: at spaces, and between Chinese characters except where a line
/// would then begin with closing punctuation. A word that is longer than a line stays whole: it may be a command to copy.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace handshaked::cli
