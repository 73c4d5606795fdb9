#include "receive/record/message_pack.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <string>

namespace handshaked::receive {
namespace {

using Kind = PackToken::Kind;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

std::int64_t sign_extended(std::uint64_t value, unsigned bytes) {
  const unsigned shift = 64 - 8 * bytes;
  return static_cast<std::int64_t>(value << shift) >> shift;
}

void set_sized(PackToken& token, Kind kind, std::uint64_t size) {
  token.kind = kind;
  token.size = static_cast<std::uint32_t>(size);
}

void set_integer(PackToken& token, std::int64_t value) {
  token.kind = Kind::integer;
  token.integer = value;
}

/// How many bytes behind the first one belong to the head, for first bytes from 0xC0 to 0xDF.
constexpr std::uint8_t kHeadRest[32] = {
    0, 0, 0, 0, 1, 2, 4, 2,
    3, 5, 4, 8, 1, 2, 4, 8,  // C0-CF: nil - false true bin8/16/32 ext8/16/32 float32/64 uint8..64
    1, 2, 4, 8, 1, 1, 1, 1,
    1, 1, 2, 4, 2, 4, 2, 4,  // D0-DF: int8..64 fixext1..16 str8/16/32 array16/32 map16/32
};

void read_wide_head(unsigned char first, std::string_view rest, PackToken& token) {
  const std::uint64_t value = big_endian(rest);
  const auto bytes = static_cast<unsigned>(rest.size());
  switch (first) {
    case 0xC0: token.kind = Kind::nil; break;
    case 0xC2:
    case 0xC3:
      token.kind = Kind::boolean;
      token.truth = first == 0xC3;
      break;
    case 0xC4:
    case 0xC5:
    case 0xC6: set_sized(token, Kind::binary, value); break;
    case 0xC7:
    case 0xC8:
    case 0xC9:
      set_sized(token, Kind::extension, value >> 8U);
      token.extension_type = static_cast<std::int8_t>(value & 0xFFU);
      break;
    case 0xCA:
      token.kind = Kind::real;
      token.real = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(value)));
      break;
    case 0xCB:
      token.kind = Kind::real;
      token.real = std::bit_cast<double>(value);
      break;
    case 0xCC:
    case 0xCD:
    case 0xCE:
    case 0xCF:
      set_integer(token, static_cast<std::int64_t>(std::min<std::uint64_t>(
                             value, std::numeric_limits<std::int64_t>::max())));
      break;
    case 0xD0:
    case 0xD1:
    case 0xD2:
    case 0xD3: set_integer(token, sign_extended(value, bytes)); break;
    case 0xD4:
    case 0xD5:
    case 0xD6:
    case 0xD7:
    case 0xD8:
      set_sized(token, Kind::extension, 1ULL << (first - 0xD4U));
      token.extension_type = static_cast<std::int8_t>(value);
      break;
    case 0xD9:
    case 0xDA:
    case 0xDB: set_sized(token, Kind::string, value); break;
    case 0xDC:
    case 0xDD: set_sized(token, Kind::array, value); break;
    default: set_sized(token, Kind::map, value); break;
  }
}

}  // namespace

PackStatus read_pack_token(std::string_view bytes, PackToken& token) {
  if (bytes.empty()) return PackStatus::incomplete;
  const auto first = static_cast<unsigned char>(bytes.front());
  token = PackToken{};
  token.length = 1;
  if (first < 0x80) {
    set_integer(token, first);
  } else if (first < 0x90) {
    set_sized(token, Kind::map, first & 0x0FU);
  } else if (first < 0xA0) {
    set_sized(token, Kind::array, first & 0x0FU);
  } else if (first < 0xC0) {
    set_sized(token, Kind::string, first & 0x1FU);
  } else if (first >= 0xE0) {
    set_integer(token, static_cast<std::int64_t>(first) - 256);
  } else {
    if (first == 0xC1) return PackStatus::invalid;
    const std::size_t rest = kHeadRest[first - 0xC0U];
    if (bytes.size() < 1 + rest) return PackStatus::incomplete;
    read_wide_head(first, bytes.substr(1, rest), token);
    token.length = 1 + rest;
  }
  return PackStatus::done;
}

PackStatus PackScan::advance(std::string_view bytes) {
  while (true) {
    const std::size_t step =
        static_cast<std::size_t>(std::min<std::uint64_t>(payload_, bytes.size() - at_));
    at_ += step;
    payload_ -= step;
    if (payload_ > 0) return PackStatus::incomplete;
    if (values_ == 0) return PackStatus::done;
    PackToken token;
    if (const PackStatus status = read_pack_token(bytes.substr(at_), token);
        status != PackStatus::done)
      return status;
    at_ += token.length;
    payload_ = token.payload();
    values_ += token.values() - 1;
  }
}

bool PackReader::read(PackToken& token) {
  if (read_pack_token(rest_, token) != PackStatus::done) return false;
  rest_.remove_prefix(token.length);
  return true;
}

bool PackReader::take(std::size_t size, std::string_view& bytes) {
  if (rest_.size() < size) return false;
  bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool PackReader::read_text(std::string_view& text) {
  PackToken token;
  if (read_pack_token(rest_, token) != PackStatus::done || !token.is_text() ||
      rest_.size() - token.length < token.size)
    return false;
  rest_.remove_prefix(token.length);
  return take(token.size, text);
}

bool PackReader::skip() {
  PackScan scan;
  if (scan.advance(rest_) != PackStatus::done) return false;
  rest_.remove_prefix(scan.size());
  return true;
}

void append_pack_array(std::string& out, std::uint8_t elements) {
  out += static_cast<char>(0x90U | elements);
}
void append_pack_map(std::string& out, std::uint8_t pairs) {
  out += static_cast<char>(0x80U | pairs);
}
void append_pack_boolean(std::string& out, bool truth) { out += truth ? '\xC3' : '\xC2'; }

void append_pack_string(std::string& out, std::string_view text) {
  const std::size_t size = text.size();
  if (size < 32) {
    out += static_cast<char>(0xA0U | size);
  } else if (size < 256) {
    out += '\xD9';
    out += static_cast<char>(size);
  } else {
    text = text.substr(0, 0xFFFF);
    out += '\xDA';
    out += static_cast<char>(text.size() >> 8U);
    out += static_cast<char>(text.size() & 0xFFU);
  }
  out += text;
}

namespace {

constexpr std::size_t kMaxPathBytes = 256;

bool pick_from(PackReader& reader, std::string& path, FieldPicker& picker) {
  PackToken head;
  if (!reader.read(head) || head.kind != PackToken::Kind::map) return false;
  const std::size_t outer = path.size();
  for (std::uint32_t i = 0; i < head.size; ++i) {
    std::string_view key;
    if (!reader.read_text(key)) {
      // A key that is no text names nothing that is asked for.
      if (!reader.skip() || !reader.skip()) return false;
      continue;
    }
    path.resize(outer);
    if (outer > 0) path += '.';
    path += key.substr(0, kMaxPathBytes);
    PackToken value;
    if (read_pack_token(reader.rest(), value) != PackStatus::done) return false;
    std::string_view text;
    if (value.is_text() && reader.read_text(text)) {
      picker.offer(path, text);
    } else if (value.kind == PackToken::Kind::map && picker.wants_inside(path)) {
      if (!pick_from(reader, path, picker)) return false;
    } else {
      if (value.kind == PackToken::Kind::integer) picker.offer_number(path, value.integer);
      if (value.kind == PackToken::Kind::real) picker.offer_number(path, value.real);
      if (!reader.skip()) return false;
    }
  }
  path.resize(outer);
  return true;
}

}  // namespace

bool pick_pack_fields(std::string_view map, FieldPicker& picker) {
  picker.clear();
  PackReader reader(map);
  std::string path;
  return pick_from(reader, path, picker);
}

}  // namespace handshaked::receive
