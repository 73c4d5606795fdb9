#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace handshaked::receive {

/// Bytes that arrive at one end and are taken at the other, always in one piece. Behind the last one stand kPadding bytes that
/// may be read (simdjson asks for that). Views are valid until the next append() or room().
class ByteWindow {
 public:
  static constexpr std::size_t kPadding = 64;

  std::string_view view() const { return std::string_view(bytes_).substr(begin_, size()); }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  void append(std::string_view bytes) {
    const std::span<char> into = room(bytes.size());
    bytes.copy(into.data(), bytes.size());
    fill(bytes.size());
  }
  /// Room for `size` bytes, of which the first that fill() names count.
  std::span<char> room(std::size_t size) {
    if (begin_ > 0 && (begin_ == end_ || bytes_.size() < end_ + size + kPadding)) {
      std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (bytes_.size() < end_ + size + kPadding) bytes_.resize(end_ + size + kPadding);
    return std::span<char>(bytes_).subspan(end_, size);
  }
  void fill(std::size_t size) { end_ += size; }
  /// The first `size` bytes are done with.
  void consume(std::size_t size) { begin_ += size; }
  /// Holds nothing more, memory included.
  void release() {
    std::string().swap(bytes_);
    begin_ = end_ = 0;
  }

 private:
  std::string bytes_;  // [begin_, end_) counts
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace handshaked::receive
