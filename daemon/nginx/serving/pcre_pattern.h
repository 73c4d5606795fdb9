#pragma once

#include <cstdint>
#include <string_view>

namespace handshaked::nginx {

enum class PatternResult : std::uint8_t { no, yes, unknown };

/// Tries a regular expression of nginx (PCRE) with RE2, in linear time. `unknown` when RE2 cannot
/// express it (look-around, back references, very large ones): nginx may match there.
PatternResult match_pcre(std::string_view pattern, std::string_view text, bool ignore_case);

}  // namespace handshaked::nginx
