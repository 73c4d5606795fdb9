#pragma once

#include <string>
#include <string_view>

namespace handshaked {

/// "%2Fa" as "/a". A percent sign without two hexadecimal digits behind it stays.
std::string percent_decoded(std::string_view text);

}  // namespace handshaked
