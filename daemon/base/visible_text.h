#pragma once

#include <string>
#include <string_view>

namespace handshaked {

/// Text of strangers, made fit to be looked at: control characters (escape sequences would drive the reader's terminal),
/// invisible and direction-changing characters become "\x1b" or "\u202e", bytes that are not UTF-8 become "\xff". The result
/// is one line of valid UTF-8. A backslash stays as it is: this is for eyes, not for a parser.
std::string visible_text(std::string_view text);

}  // namespace handshaked
