#pragma once

#include <string_view>

namespace handshaked::parse {

inline constexpr auto npos = std::string_view::npos;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace handshaked::parse
