#include "receive/http/protobuf_reader.h"

namespace handshaked::receive {
namespace {

constexpr unsigned kLongestVarint = 10;

}  // namespace

std::optional<std::uint64_t> ProtobufReader::read_varint() {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < kLongestVarint && i < rest_.size(); ++i) {
    const auto byte = static_cast<unsigned char>(rest_[i]);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << (7 * i);
    if ((byte & 0x80U) != 0) continue;
    rest_.remove_prefix(i + 1);
    return value;
  }
  return std::nullopt;
}

std::optional<ProtobufReader::Field> ProtobufReader::fail_reading() {
  damaged_ = true;
  rest_ = {};
  return std::nullopt;
}

std::optional<ProtobufReader::Field> ProtobufReader::next() {
  if (rest_.empty()) return std::nullopt;
  const auto key = read_varint();
  if (!key || *key >> 3 == 0 || *key >> 3 > 0x1FFFFFFF) return fail_reading();
  Field field{.number = static_cast<std::uint32_t>(*key >> 3), .value = 0, .bytes = {}};
  const auto fixed = [&](std::size_t size) {
    if (rest_.size() < size) return false;
    for (std::size_t i = 0; i < size; ++i)
      field.value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
    rest_.remove_prefix(size);
    return true;
  };
  switch (*key & 7U) {
    case 0: {
      const auto value = read_varint();
      if (!value) return fail_reading();
      field.value = *value;
      return field;
    }
    case 1: return fixed(8) ? std::optional(field) : fail_reading();
    case 5: return fixed(4) ? std::optional(field) : fail_reading();
    case 2: {
      const auto size = read_varint();
      if (!size || *size > rest_.size()) return fail_reading();
      field.bytes = rest_.substr(0, static_cast<std::size_t>(*size));
      if (field.bytes.data() == nullptr)
        field.bytes = std::string_view("");  // not null: it is bytes, if none
      rest_.remove_prefix(static_cast<std::size_t>(*size));
      return field;
    }
    default: return fail_reading();
  }
}

}  // namespace handshaked::receive
