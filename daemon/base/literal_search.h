#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace handshaked {

/// Looks for one literal in many short texts: at its two rarest bytes first, 32 positions at once
/// where the processor has AVX2. Immutable, safe to share between threads.
class LiteralSearch {
 public:
  explicit LiteralSearch(std::string_view literal);

  /// Where it first stands at or behind `from`, or npos.
  std::size_t find(std::string_view text, std::size_t from = 0) const;
  const std::string& literal() const { return literal_; }

  bool operator==(const LiteralSearch& other) const { return literal_ == other.literal_; }

 private:
  std::string literal_;
  std::size_t first_ = 0, second_ = 0;  ///< where in it the two bytes stand
  bool avx2_ = false;
};

}  // namespace handshaked
