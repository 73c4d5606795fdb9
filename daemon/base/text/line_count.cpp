#include "base/text/line_count.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>

#include <bit>
#include <cstdint>
#endif

namespace handshaked {
namespace {

std::size_t count_portable(std::string_view bytes, char wanted) {
  return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), wanted));
}

#if defined(__x86_64__)

__attribute__((target("avx2,popcnt"))) std::size_t count_with_avx2(std::string_view bytes,
                                                                   char wanted) {
  constexpr std::size_t kStep = 32;
  const __m256i wanted_everywhere = _mm256_set1_epi8(wanted);
  const auto found_at = [&](std::size_t at) __attribute__((target("avx2,popcnt"))) {
    const __m256i chunk = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes.data() + at));
    return static_cast<std::uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(chunk, wanted_everywhere)));
  };
  if (bytes.size() < kStep) return count_portable(bytes, wanted);
  // What is left behind the last whole step is looked at from the end, without what was counted.
  const std::size_t left = bytes.size() % kStep;
  const std::uint32_t last = left == 0 ? 0 : found_at(bytes.size() - kStep) >> (kStep - left);
  if (bytes.size() <= 32 * kStep) {  // most lines
    auto count = static_cast<std::size_t>(std::popcount(last));
    for (std::size_t at = 0; at + kStep <= bytes.size(); at += kStep)
      count += static_cast<std::size_t>(std::popcount(found_at(at)));
    return count;
  }
  __m256i total = _mm256_setzero_si256();
  std::size_t i = 0;
  while (i + 32 <= bytes.size()) {
    __m256i sums = _mm256_setzero_si256();
    const std::size_t steps =
        std::min<std::size_t>(255, (bytes.size() - i) / 32);  // a lane counts to 255
    for (std::size_t step = 0; step < steps; ++step, i += 32) {
      const __m256i chunk = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes.data() + i));
      sums = _mm256_sub_epi8(sums, _mm256_cmpeq_epi8(chunk, wanted_everywhere));
    }
    total = _mm256_add_epi64(total, _mm256_sad_epu8(sums, _mm256_setzero_si256()));
  }
  alignas(32) std::uint64_t lanes[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), total);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3] + static_cast<std::size_t>(std::popcount(last));
}

#endif

}  // namespace

std::size_t count_bytes(std::string_view bytes, char wanted) {
#if defined(__x86_64__)
  static const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
  if (avx2) return count_with_avx2(bytes, wanted);
#endif
  return count_portable(bytes, wanted);
}

std::size_t count_lines(std::string_view bytes) { return count_bytes(bytes, '\n'); }

}  // namespace handshaked
