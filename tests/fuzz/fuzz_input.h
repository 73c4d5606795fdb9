#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace handshaked::fuzz {

/// Set while the growth of costs is measured: inputs are then larger than a fuzzer's, and what only
/// checks an answer and costs more than the answer itself is left out.
inline bool measures_growth = false;

/// Too long for a fuzzer to spend its time on?
inline bool is_too_long(std::size_t size, std::size_t limit) {
  return size > limit && !measures_growth;
}

/// Ends the process when a promise is broken, in every build: a fuzzer takes it for a crash.
inline void promise(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Does `part` lie inside `whole`? Null views lie everywhere.
inline bool is_inside(std::string_view part, std::string_view whole) {
  return part.data() == nullptr ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

/// Takes an input apart: decisions from its front, what is left is text. An input that has run out
/// decides 0.
class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size) : rest_(text_of(data, size)) {}

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  /// A number below `limit`.
  std::size_t below(std::size_t limit) {
    return limit == 0 ? 0 : (byte() | static_cast<std::size_t>(byte()) << 8) % limit;
  }
  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, std::min(size, rest_.size()));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace handshaked::fuzz
