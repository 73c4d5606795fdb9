#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace handshaked::receive {

/// Writes protocol buffers, so that tests read as messages.
class ProtobufWriter {
 public:
  ProtobufWriter& varint(unsigned number, std::uint64_t value) {
    put(number << 3U);
    put(value);
    return *this;
  }
  ProtobufWriter& fixed64(unsigned number, std::uint64_t value) {
    put(number << 3U | 1U);
    for (int i = 0; i < 8; ++i) out_ += static_cast<char>(value >> (8 * i) & 0xFF);
    return *this;
  }
  ProtobufWriter& bytes(unsigned number, std::string_view content) {
    put(number << 3U | 2U);
    put(content.size());
    out_ += content;
    return *this;
  }
  std::string done() const { return out_; }

 private:
  void put(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out_ += static_cast<char>(value | 0x80U);
    out_ += static_cast<char>(value);
  }
  std::string out_;
};

}  // namespace handshaked::receive
