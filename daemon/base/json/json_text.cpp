#include "base/json/json_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/text/utf8.h"
#include "base/text/visible_text.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace handshaked {
namespace {

constexpr std::uint64_t kEveryByte = 0x0101010101010101;
constexpr std::uint64_t kHighBits = 0x8080808080808080;
constexpr unsigned char kDelete = 0x7F;
constexpr std::string_view kDigits = "0123456789abcdef";

// The high bit of a byte of the result is set if that byte of `word` is zero. A byte above a zero
// byte may be reported too, which is harmless: the caller only asks whether there is any.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - kEveryByte) & ~word & kHighBits;
}

// True if all eight bytes may be copied as they are: printable ASCII without the quote and the
// backslash (and without DEL).
bool is_plain(const char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t control = (word - kEveryByte * 0x20) & ~word;
  const std::uint64_t special = control | word | zero_bytes(word ^ (kEveryByte * '"')) |
                                zero_bytes(word ^ (kEveryByte * '\\')) |
                                zero_bytes(word ^ (kEveryByte * kDelete));
  return (special & kHighBits) == 0;
}

bool is_plain_byte(unsigned char byte) {
  return byte >= 0x20 && byte < kDelete && byte != '"' && byte != '\\';
}

// How many bytes from the start may be copied as they are.
std::size_t plain_length(std::string_view bytes) {
  std::size_t length = 0;
  while (length + 8 <= bytes.size() && is_plain(bytes.data() + length)) length += 8;
  while (length < bytes.size() && is_plain_byte(static_cast<unsigned char>(bytes[length])))
    ++length;
  return length;
}

void append_escaped_ascii(std::string& out, unsigned char byte) {
  switch (byte) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const std::array<char, 6> escape = {'\\', 'u', '0', '0', kDigits[byte >> 4], kDigits[byte & 15]};
  out.append(escape.data(), escape.size());
}

/// RFC 8259, section 7: a character beyond the first 65536 is two escapes.
void append_escaped_point(std::string& out, char32_t point) {
  if (point > 0xFFFF) {
    append_escaped_point(out, 0xD800 + ((point - 0x10000) >> 10));
    point = 0xDC00 + ((point - 0x10000) & 0x3FF);
  }
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(point >> shift) & 15];
}

}  // namespace

#if defined(__SSE2__)

bool copy_plain_json(char* to, std::string_view bytes) {
  constexpr std::size_t kStep = 16;
  const auto copy = [to, &bytes](std::size_t at) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + at));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at), chunk);
    // As signed numbers, bytes beyond ASCII are below the control characters.
    const __m128i control_or_beyond = _mm_or_si128(_mm_cmplt_epi8(chunk, _mm_set1_epi8(' ')),
                                                   _mm_cmpeq_epi8(chunk, _mm_set1_epi8(kDelete)));
    const __m128i special =
        _mm_or_si128(control_or_beyond, _mm_or_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8('"')),
                                                     _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\\'))));
    return _mm_movemask_epi8(special) == 0;
  };
  std::size_t i = 0;
  for (; i + kStep <= bytes.size(); i += kStep) {
    if (!copy(i)) return false;
  }
  // What is left: the last step or word once more, from the end.
  if (bytes.size() >= kStep) return i == bytes.size() || copy(bytes.size() - kStep);
  if (bytes.size() >= 8) {
    std::memcpy(to, bytes.data(), 8);
    std::memcpy(to + bytes.size() - 8, bytes.data() + bytes.size() - 8, 8);
    return is_plain(bytes.data()) && is_plain(bytes.data() + bytes.size() - 8);
  }
  for (; i < bytes.size(); ++i) {
    if (!is_plain_byte(static_cast<unsigned char>(bytes[i]))) return false;
    to[i] = bytes[i];
  }
  return true;
}

#else

bool copy_plain_json(char* to, std::string_view bytes) {
  if (plain_length(bytes) != bytes.size()) return false;
  std::copy(bytes.begin(), bytes.end(), to);
  return true;
}

#endif

std::string& append_json_string(std::string& out, std::string_view bytes) {
  out.push_back('"');
  while (!bytes.empty()) {
    const std::size_t plain = plain_length(bytes);
    out.append(bytes.substr(0, plain));
    bytes.remove_prefix(plain);
    if (bytes.empty()) break;
    const auto byte = static_cast<unsigned char>(bytes.front());
    if (byte < 0x80) {
      append_escaped_ascii(out, byte);
      bytes.remove_prefix(1);
      continue;
    }
    const Utf8Step step = next_utf8_step(bytes);
    if (!step.is_valid) out.append(kReplacementCharacter);
    else if (const char32_t point = decode_utf8(bytes.substr(0, step.length)); is_deceptive(point))
      append_escaped_point(out, point);
    else out.append(bytes.substr(0, step.length));
    bytes.remove_prefix(step.length);
  }
  out.push_back('"');
  return out;
}

std::string with_escapes(std::string_view json) {
  std::string out, quoted;
  out.reserve(json.size());
  while (!json.empty()) {
    const bool is_ascii = static_cast<unsigned char>(json.front()) <
                          kDelete;  // below it: white space between values, or no JSON
    const std::string_view character = json.substr(0, is_ascii ? 1 : next_utf8_step(json).length);
    if (is_ascii) {
      out += character;
    } else {
      quoted.clear();
      append_json_string(quoted, character);
      out.append(quoted, 1, quoted.size() - 2);
    }
    json.remove_prefix(character.size());
  }
  return out;
}

}  // namespace handshaked
