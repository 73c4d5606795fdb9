#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace handshaked::format {

/// How a service counts the length of a text.
enum class Measure { bytes, utf16_units };

std::size_t length_of(std::string_view text, Measure measure);

/// The longest beginning of `text` that is not longer than `limit`, cut at a character; "…" in its
/// end says that something was cut.
std::string shortened(std::string_view text, std::size_t limit, Measure measure);

/// Text that shows what it is: valid UTF-8, no control characters (a line feed stays if
/// `keep_lines`, else it is a blank), and no characters that turn the direction of writing or take
/// no room, with which a stranger could make a line look like another.
std::string plain_text(std::string_view bytes, bool keep_lines = false);

/// A patch or commands, which somebody may copy: as it is, tabs and all, or empty when it holds
/// what cannot be shown as it is.
std::string copyable_text(std::string_view bytes);

}  // namespace handshaked::format
