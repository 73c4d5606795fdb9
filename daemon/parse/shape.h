#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace handshaked::parse {

/// Eight characters to compare with at once: 'd' stands for a digit, 'x' for any byte, all else for
/// itself.
struct Shape {
  std::uint64_t expected = 0;
  std::uint64_t slack =
      0;  ///< what a byte may differ from `expected` at most, as the distance to 0x80
  std::uint64_t looked_at = 0;

  explicit constexpr Shape(const char (&text)[9]) {
    std::array<unsigned char, 8> expected_bytes{};
    std::array<unsigned char, 8> slack_bytes{};
    std::array<unsigned char, 8> looked_at_bytes{};
    for (std::size_t i = 0; i < 8; ++i) {
      expected_bytes[i] = text[i] == 'd' ? '0' : static_cast<unsigned char>(text[i]);
      slack_bytes[i] = text[i] == 'd'
                           ? 0x80 - 10
                           : 0x80 - 1;  // '0' ^ c is below 10 for digits, and for nothing else
      looked_at_bytes[i] = text[i] == 'x' ? 0 : 0xFF;
    }
    expected = std::bit_cast<std::uint64_t>(expected_bytes);
    slack = std::bit_cast<std::uint64_t>(slack_bytes);
    looked_at = std::bit_cast<std::uint64_t>(looked_at_bytes);
  }

  /// At least eight bytes stand at `at`.
  bool fits(const char* at) const {
    constexpr std::uint64_t kHigh = 0x8080808080808080ULL;
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, at, 8);
    const std::uint64_t differs = (bytes ^ expected) & looked_at;
    // No byte carries into the next: both are below 0x80 where the high bits are clear.
    return (differs & kHigh) == 0 && ((differs + slack) & kHigh) == 0;
  }
};

}  // namespace handshaked::parse
