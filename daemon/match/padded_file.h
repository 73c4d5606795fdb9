#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace handshaked::match {

/// The text of one file after the other, in the same memory, with the room behind it that
/// simdjson's parsers want: rules are hundreds of small files, and most of the time goes into
/// opening them.
class PaddedFile {
 public:
  static constexpr std::size_t kMost = 64U << 20;

  /// What stands in the way; empty: text() is that of the file, until the next one is read.
  std::string read(const std::string& path);
  /// May be read beyond its end, as far as simdjson does.
  std::string_view text() const { return {room_.data(), size_}; }

 private:
  std::string room_;
  std::size_t size_ = 0;
};

}  // namespace handshaked::match
