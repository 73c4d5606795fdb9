#pragma once

#include <string>
#include <string_view>

namespace handshaked {

/// Text as HTML text or attribute value: the five characters that are markup are written as references. What else has to be made harmless
/// (control characters, bytes that are no UTF-8) is for the caller to do first.
std::string escape_markup(std::string_view text);

}  // namespace handshaked
