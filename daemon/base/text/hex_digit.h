#pragma once

namespace handshaked {

/// The value of a hexadecimal digit in small or capital letters; -1: it is none.
constexpr int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

constexpr bool is_hex_digit(char c) { return hex_digit(c) >= 0; }

}  // namespace handshaked
