#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace handshaked::receive {

// MessagePack as senders write it, for tests: built from its specification, not from the reader
// under test.

inline std::string big_endian_bytes(std::uint64_t value, unsigned bytes) {
  std::string out;
  for (unsigned i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xFFU);
  return out;
}
inline std::string packed_text(std::string_view text) {
  return "\xDB" + big_endian_bytes(text.size(), 4) + std::string(text);
}
inline std::string packed_short_text(std::string_view text) {
  return static_cast<char>(0xA0U | text.size()) + std::string(text);
}
inline std::string packed_binary(std::string_view bytes) {
  return "\xC6" + big_endian_bytes(bytes.size(), 4) + std::string(bytes);
}
inline std::string packed_number(std::uint32_t value) {
  return "\xCE" + big_endian_bytes(value, 4);
}
inline std::string packed_array(std::uint32_t elements) {
  return static_cast<char>(0x90U | elements) + std::string();
}
inline std::string packed_map(std::uint32_t pairs) {
  return static_cast<char>(0x80U | pairs) + std::string();
}
/// EventTime as fixext8, extension type 0.
inline std::string packed_event_time(std::uint32_t seconds, std::uint32_t nanoseconds) {
  return std::string("\xD7\x00", 2) + big_endian_bytes(seconds, 4) +
         big_endian_bytes(nanoseconds, 4);
}
inline std::string packed_record(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out = packed_map(static_cast<std::uint32_t>(fields.size()));
  for (const auto& [key, value] : fields) out += packed_text(key) + packed_text(value);
  return out;
}

}  // namespace handshaked::receive
