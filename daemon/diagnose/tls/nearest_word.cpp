#include "diagnose/tls/nearest_word.h"

#include <algorithm>
#include <vector>

namespace handshaked::diagnose {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  static constexpr std::size_t kLongest = 256;
  if (left.size() > kLongest || right.size() > kLongest) return std::max(left.size(), right.size());
  const std::size_t width = right.size() + 1;
  std::vector<std::size_t> before_last(width), last(width), row(width);
  for (std::size_t j = 0; j < width; ++j) last[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j < width; ++j) {
      const bool is_same = lower(left[i - 1]) == lower(right[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (is_same ? 0U : 1U)});
      const bool is_swap = i > 1 && j > 1 && lower(left[i - 1]) == lower(right[j - 2]) &&
                           lower(left[i - 2]) == lower(right[j - 1]);
      if (is_swap) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[width - 1];
}

std::optional<std::string> nearest_word(std::string_view word,
                                        std::span<const std::string_view> known) {
  std::optional<std::string> best;
  std::size_t best_distance = 0;
  for (const std::string_view candidate : known) {
    const std::size_t allowed = std::clamp<std::size_t>(candidate.size() / 4, 1, 3);
    const std::size_t distance = edit_distance(word, candidate);
    if (distance > allowed || (best && distance >= best_distance)) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace handshaked::diagnose
