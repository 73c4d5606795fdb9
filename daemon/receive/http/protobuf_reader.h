#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace handshaked::receive {

/// Walks over the fields of one protocol-buffers message (protobuf.dev, "Encoding"): enough for
/// what we take out of OTLP and Loki, of which we look at a few fields and skip the rest. Nested
/// messages are walked with a reader of their own, so depth is the caller's. Borrows the bytes;
/// never reads beyond them.
class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view message) : rest_(message) {}

  struct Field {
    std::uint32_t number = 0;
    std::uint64_t value = 0;  ///< of a varint, fixed64 or fixed32
    std::string_view bytes;   ///< of a string, bytes or nested message; null data() otherwise
    bool is_bytes() const { return bytes.data() != nullptr; }
  };

  /// The next field; nullopt at the end, and for good after damage (groups and unknown wire types
  /// are such).
  std::optional<Field> next();
  bool is_damaged() const { return damaged_; }

 private:
  std::optional<std::uint64_t> read_varint();
  std::optional<Field> fail_reading();

  std::string_view rest_;
  bool damaged_ = false;
};

}  // namespace handshaked::receive
