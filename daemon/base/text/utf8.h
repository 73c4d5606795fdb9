#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace handshaked {

/// U+FFFD in UTF-8: what stands for bytes that are not UTF-8.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// The first character of a text, or the bytes that one U+FFFD replaces.
struct Utf8Step {
  std::size_t length = 0;  ///< bytes to go on by; 0 only for an empty text
  bool is_valid = false;
};

/// Looks at the first character of `text`. Overlong forms, surrogates, values above U+10FFFF and
/// cut sequences are invalid; one step then covers the longest part that could have begun a
/// character (Unicode 15, section 3.9, "maximal subpart"), as browsers and Python do it, so that
/// all agree on the number of replacement characters.
Utf8Step next_utf8_step(std::string_view text);

/// The code point of one valid UTF-8 character.
char32_t decode_utf8(std::string_view character);

/// Appends `code_point`, at most U+10FFFF, in UTF-8.
void append_utf8(char32_t code_point, std::string& out);

/// The longest prefix of at most `limit_bytes` bytes that does not end inside a character.
std::string_view utf8_prefix(std::string_view text, std::size_t limit_bytes);

}  // namespace handshaked
