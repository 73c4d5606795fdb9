#include "base/text/utf8.h"

namespace handshaked {
namespace {

bool is_continuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

}  // namespace

Utf8Step next_utf8_step(std::string_view text) {
  if (text.empty()) return {};
  const auto byte_at = [text](std::size_t index) {
    return static_cast<unsigned char>(text[index]);
  };
  const unsigned char lead = byte_at(0);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4)
    return {1, false};  // a continuation, an overlong two-byte form, above U+10FFFF

  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte alone decides on overlong forms (E0, F0), surrogates (ED) and the upper end
  // (F4).
  const unsigned char lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (text.size() < 2 || byte_at(1) < lowest || byte_at(1) > highest) return {1, false};
  for (std::size_t index = 2; index < length; ++index)
    if (index >= text.size() || !is_continuation(byte_at(index))) return {index, false};
  return {length, true};
}

char32_t decode_utf8(std::string_view character) {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(character[i]));
  };
  switch (character.size()) {
    case 1: return byte(0);
    case 2: return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3: return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    case 4:
      return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 |
             (byte(3) & 0x3F);
    default: return U'\uFFFD';
  }
}

void append_utf8(char32_t code_point, std::string& out) {
  const auto byte = [&out](char32_t value) { out += static_cast<char>(value); };
  if (code_point < 0x80) {
    byte(code_point);
    return;
  }
  const int tail = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
  constexpr char32_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
  byte(kLead[tail] | code_point >> 6 * tail);
  for (int i = tail - 1; i >= 0; --i) byte(0x80 | (code_point >> 6 * i & 0x3F));
}

std::string_view utf8_prefix(std::string_view text, std::size_t limit_bytes) {
  if (text.size() <= limit_bytes) return text;
  std::size_t end = limit_bytes;
  // A character has at most three continuation bytes; more of them is not UTF-8, and any cut will
  // do.
  for (int back = 0; back < 3 && end > 0 && is_continuation(static_cast<unsigned char>(text[end]));
       ++back)
    --end;
  if (is_continuation(static_cast<unsigned char>(text[end]))) end = limit_bytes;
  return text.substr(0, end);
}

}  // namespace handshaked
