#pragma once

#include <string>
#include <string_view>

namespace handshaked::web {

/// Text of anybody's as HTML text or attribute value: markup escaped, control characters and those that a reader cannot see or that move
/// others about made harmless. `keep_lines`: line feeds stay, for what is shown as it is.
std::string html_text(std::string_view text, bool keep_lines = false);

/// A patch: as html_text, and tabs stay, for somebody may copy it.
std::string html_patch(std::string_view diff);

}  // namespace handshaked::web
