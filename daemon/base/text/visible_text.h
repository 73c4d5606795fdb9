#pragma once

#include <string>
#include <string_view>

namespace handshaked {

/// A character that a reader cannot see, or that moves others about: controls (C0, DEL, C1), marks
/// of direction, joiners, tags.
bool is_deceptive(char32_t point);

/// Text of strangers, made fit to be looked at: control characters (escape sequences would drive
/// the reader's terminal), invisible and direction-changing characters become "\x1b" or "\u202e",
/// bytes that are not UTF-8 become "\xff". The result is one line of valid UTF-8. A backslash stays
/// as it is: this is for eyes, not for a parser.
std::string visible_text(std::string_view text);

}  // namespace handshaked
