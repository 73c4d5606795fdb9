#include "base/literal_search.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>

#include <bit>
#define HANDSHAKED_AVX2 __attribute__((target("avx2")))
#endif

namespace handshaked {
namespace {

/// The more to the left, the more often it stands in an error log.
std::size_t rarity(char c) {
  static constexpr std::string_view kByFrequency = " etnriosaclpu.d1m/,:0\"23h456789fgbvwyk-()xqjz";
  return std::min(kByFrequency.find(c), kByFrequency.size());
}

#if defined(__x86_64__)

/// `text` holds at least 31 bytes more than the literal.
HANDSHAKED_AVX2 std::size_t find_with_avx2(std::string_view text, std::size_t from,
                                           std::string_view literal, std::size_t first,
                                           std::size_t second) {
  constexpr std::size_t kStep = 32;
  const __m256i first_byte = _mm256_set1_epi8(literal[first]);
  const __m256i second_byte = _mm256_set1_epi8(literal[second]);
  const auto find_at = [&](std::size_t at, std::uint32_t wanted) HANDSHAKED_AVX2 {
    const __m256i firsts =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + at + first));
    const __m256i seconds =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + at + second));
    const __m256i both = _mm256_and_si256(_mm256_cmpeq_epi8(firsts, first_byte),
                                          _mm256_cmpeq_epi8(seconds, second_byte));
    for (auto hits = static_cast<std::uint32_t>(_mm256_movemask_epi8(both)) & wanted; hits != 0;
         hits &= hits - 1) {
      const std::size_t found = at + static_cast<std::size_t>(std::countr_zero(hits));
      if (std::memcmp(text.data() + found, literal.data(), literal.size()) == 0) return found;
    }
    return std::string_view::npos;
  };
  const std::size_t places = text.size() - literal.size() + 1;  // where it can stand
  std::size_t i = from;
  for (; i + kStep <= places; i += kStep) {
    if (const std::size_t found = find_at(i, ~std::uint32_t{0}); found != std::string_view::npos)
      return found;
  }
  // What is left is looked at from the end, so as not to read behind the text.
  return i < places ? find_at(places - kStep, ~std::uint32_t{0} << (i + kStep - places))
                    : std::string_view::npos;
}

#endif

}  // namespace

LiteralSearch::LiteralSearch(std::string_view literal) : literal_(literal) {
  for (std::size_t at = 1; at < literal_.size(); ++at) {
    if (rarity(literal_[at]) > rarity(literal_[first_])) first_ = at;
  }
  second_ = first_ == 0 && literal_.size() > 1 ? 1 : 0;
  for (std::size_t at = 0; at < literal_.size(); ++at) {
    if (at != first_ && rarity(literal_[at]) > rarity(literal_[second_])) second_ = at;
  }
#if defined(__x86_64__)
  avx2_ = __builtin_cpu_supports("avx2") != 0;
#endif
}

std::size_t LiteralSearch::find(std::string_view text, std::size_t from) const {
#if defined(__x86_64__)
  if (avx2_ && !literal_.empty() && text.size() >= literal_.size() + 31)
    return find_with_avx2(text, from, literal_, first_, second_);
#endif
  return text.find(literal_, from);
}

}  // namespace handshaked
