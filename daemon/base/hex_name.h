#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "base/shared.h"

namespace handshaked {

/// Text as an argument of a template.
template <std::size_t kSize>
struct TextArgument {
  constexpr TextArgument(const char (&from)[kSize]) { std::copy_n(from, kSize, text); }
  constexpr std::string_view view() const { return {text, kSize - 1}; }
  char text[kSize];
};

/// A name that mostly is a known beginning and so many lower-case hexadecimal digits, for what
/// there is a hundred thousand of: the digits take half a byte each, and any other name is kept
/// beside them. Reads like the text, and is in the order of the texts.
template <TextArgument kBeginning, std::size_t kDigits>
class HexName {
 public:
  HexName() = default;
  explicit HexName(std::string_view text) { *this = text; }
  HexName& operator=(std::string_view text) {
    if (!read_digits(text)) other_ = std::string(text);
    return *this;
  }

  std::string text() const {
    if (is_other()) return other_.get();
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string text(kBeginning.view());
    text.reserve(text.size() + kDigits);
    for (const std::uint8_t byte : bytes_) text.append({kHex[byte >> 4], kHex[byte & 15]});
    return text;
  }
  operator std::string() const { return text(); }
  bool empty() const { return is_other() && other_.empty(); }
  bool starts_with(std::string_view beginning) const { return text().starts_with(beginning); }
  /// The digits are those of a digest: any of them tell names apart.
  std::size_t hash() const {
    if (is_other()) return std::hash<std::string_view>()(other_.get());
    std::size_t hash = 0;
    std::memcpy(&hash, bytes_.data(), std::min(sizeof hash, sizeof bytes_));
    return hash;
  }

  friend bool operator==(const HexName& left, const HexName& right) {
    return left.bytes_ == right.bytes_ && left.other_ == right.other_;
  }
  friend bool operator==(const HexName& left, std::string_view right) {
    return left.text() == right;
  }
  friend std::strong_ordering operator<=>(const HexName& left, const HexName& right) {
    if (left.is_other() || right.is_other()) return left.text() <=> right.text();
    return left.bytes_ <=> right.bytes_;
  }
  friend std::string operator+(const HexName& left, std::string_view right) {
    return left.text().append(right);
  }
  friend std::string operator+(std::string left, const HexName& right) {
    return left.append(right.text());
  }
  friend std::ostream& operator<<(std::ostream& out, const HexName& name) {
    return out << name.text();
  }

 private:
  using Bytes = std::array<std::uint8_t, kDigits / 2>;
  /// All digits zero stand for "see other_": a name that really has them is kept there.
  bool is_other() const { return bytes_ == Bytes{}; }

  static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }
  bool read_digits(std::string_view text) {
    bytes_ = {};
    other_.clear();
    if (text.size() != kBeginning.view().size() + kDigits || !text.starts_with(kBeginning.view()))
      return false;
    text.remove_prefix(kBeginning.view().size());
    Bytes bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
      if (high < 0 || low < 0) return false;
      bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    bytes_ = bytes;
    return !is_other();
  }

  Bytes bytes_{};
  SharedText other_;
};

}  // namespace handshaked
