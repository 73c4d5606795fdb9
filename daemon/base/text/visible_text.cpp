#include "base/text/visible_text.h"

#include "base/text/utf8.h"

namespace handshaked {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

void append_byte_escape(std::string& out, unsigned char byte) {
  out.append("\\x");
  out += kDigits[byte >> 4U];
  out += kDigits[byte & 15U];
}

void append_point_escape(std::string& out, char32_t point) {
  out.append(point > 0xFFFF ? "\\U" : "\\u");
  for (int shift = point > 0xFFFF ? 28 : 12; shift >= 0; shift -= 4)
    out += kDigits[(point >> static_cast<unsigned>(shift)) & 15U];
}

}  // namespace

bool is_deceptive(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0xAD || point == 0x61C ||
         point == 0x180E || (point >= 0x200B && point <= 0x200F) ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2060 && point <= 0x206F) ||
         point == 0xFEFF || (point >= 0xFFF9 && point <= 0xFFFB) ||
         (point >= 0xE0000 && point <= 0xE0FFF);
}

std::string visible_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte < 0x80) {
      if (byte == '\n') out.append("\\n");
      else if (byte == '\r') out.append("\\r");
      else if (byte == '\t') out += ' ';
      else if (is_deceptive(byte)) append_byte_escape(out, byte);
      else out += static_cast<char>(byte);
      text.remove_prefix(1);
      continue;
    }
    const Utf8Step step = next_utf8_step(text);
    const std::string_view bytes = text.substr(0, step.length);
    if (!step.is_valid) {
      for (const char c : bytes) append_byte_escape(out, static_cast<unsigned char>(c));
    } else if (const char32_t point = decode_utf8(bytes); is_deceptive(point)) {
      append_point_escape(out, point);
    } else {
      out.append(bytes);
    }
    text.remove_prefix(step.length);
  }
  return out;
}

}  // namespace handshaked
