#include "match/literal_gate.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "match/ordinary_text.h"
#include "parse/message_begin.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HANDSHAKED_AVX2 __attribute__((target("avx2")))
#endif

namespace handshaked::match {
namespace {

constexpr std::size_t kShortest = GatePlan::kShortest;
constexpr std::size_t kWindow = GatePlan::kWindow;
constexpr auto npos = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Where the string of JSON ends in which `at` lies: its closing quote. npos when the line ends
/// before.
std::size_t end_of_string(std::string_view block, std::size_t at) {
  const std::size_t line_end = std::min(block.find('\n', at), block.size());
  for (std::size_t quote = block.find('"', at); quote < line_end;
       quote = block.find('"', quote + 1)) {
    std::size_t backslashes = 0;
    while (quote > at + backslashes && block[quote - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return quote;
  }
  return npos;
}

}  // namespace

LiteralGate::~LiteralGate() = default;

LiteralGate::LiteralGate(const std::vector<LineRequirements>& rules) {
  GatePlan plan = plan_gate(rules);
  open_ = plan.is_open;
  needles_ = std::move(plan.needles);
  for (const GatePlan::Prefix& prefix : plan.prefixes)
    prefixes_.add(prefix.text, *prefix.line_clauses);
  build_tables();
  prefixes_.build();
#if defined(__x86_64__)
  avx2_ = __builtin_cpu_supports("avx2");
#endif
}

/// Which four bytes of each needle are its window, and at which two of them the search looks first:
/// so that these stop it at few ordinary lines.
std::vector<LiteralGate::Needle> LiteralGate::choose_windows() {
  static constexpr std::array<std::array<std::size_t, kWindow>, 6> kOrders{
      {{0, 1, 2, 3}, {0, 2, 1, 3}, {1, 2, 0, 3}, {0, 3, 1, 2}, {1, 3, 0, 2}, {2, 3, 0, 1}}};
  std::vector<Needle> best;
  unsigned best_cost = ~0U;
  for (const auto& order : kOrders) {
    std::vector<Needle> all;
    unsigned total = 0;
    for (const std::string& text : needles_) {
      const auto cost_at = [&](std::size_t window) {
        constexpr unsigned kAnyLetter = 255;  // the fourth byte behind a needle's last three
        if (window + order[1] >= text.size()) return kAnyLetter * 256;
        const char first = text[window + order[0]], second = text[window + order[1]];
        return ordinary_pairs(first, second, order[1] - order[0]) * 256 +
               commonness(std::string{first, second});
      };
      Needle needle{.text = text, .window = 0};
      for (std::size_t window = 1; window + kShortest <= text.size(); ++window) {
        if (cost_at(window) < cost_at(needle.window)) needle.window = window;
      }
      total += cost_at(needle.window);
      all.push_back(std::move(needle));
    }
    if (total >= best_cost) continue;
    best_cost = total;
    best = std::move(all);
    order_ = order;
  }
  return best;
}

void LiteralGate::build_tables() {
  std::vector<Needle> all = choose_windows();
  // Needles with alike windows share a bucket: the fewer different nibbles a bucket has, the less
  // it lets pass by chance.
  const auto looked_at = [this](const Needle& needle) {
    std::string bytes;
    for (const std::size_t at : order_)
      bytes += needle.window + at < needle.text.size() ? needle.text[needle.window + at] : '\0';
    return bytes;
  };
  std::sort(all.begin(), all.end(),
            [&](const Needle& a, const Needle& b) { return looked_at(a) < looked_at(b); });
  std::vector<std::string> pairs;
  for (const Needle& needle : all) pairs.push_back(looked_at(needle).substr(0, 2));
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  std::size_t pair = 0;
  for (std::size_t n = 0; n < all.size(); ++n) {
    if (looked_at(all[n]).substr(0, 2) != pairs[pair]) ++pair;
    const std::size_t bucket = pairs.size() <= 8 ? pair : pair * 8 / pairs.size();
    const auto bit = static_cast<std::uint8_t>(1U << bucket);
    for (std::size_t i = 0; i < kWindow; ++i) {
      const bool any_byte =
          all[n].window + i >= all[n].text.size();  // the fourth byte behind a needle's last three
      for (unsigned c = 0; c < 256; ++c) {
        if (!any_byte && static_cast<unsigned char>(all[n].text[all[n].window + i]) != c) continue;
        masks_[i][c] |= bit;
        for (const std::size_t lane : {std::size_t{0}, std::size_t{16}}) {
          nibbles_[i][0][lane + (c & 15U)] |= bit;
          nibbles_[i][1][lane + (c >> 4U)] |= bit;
        }
      }
    }
    std::uint32_t window = 0;
    std::memcpy(&window, all[n].text.data() + all[n].window,
                std::min(kWindow, all[n].text.size() - all[n].window));
    windows_.set(hash_key(window));
    buckets_[bucket].push_back(all[n]);
  }
}

bool LiteralGate::may_be_window(std::string_view block, std::size_t at) const {
  if (at + kWindow > block.size()) return true;
  std::uint32_t window = 0;
  std::memcpy(&window, block.data() + at, kWindow);
  return windows_[hash_key(window)] || windows_[hash_key(window & 0xFFFFFFU)];
}

bool LiteralGate::is_needle(std::string_view block, std::size_t at, unsigned buckets) const {
  if (!may_be_window(block, at)) return false;
  for (; buckets != 0; buckets &= buckets - 1) {
    for (const Needle& needle : buckets_[static_cast<std::size_t>(std::countr_zero(buckets))]) {
      if (at >= needle.window &&
          block.substr(at - needle.window, needle.text.size()) == needle.text)
        return true;
    }
  }
  return false;
}

/// A line that does not begin with nginx's header: steps over what syslog or a container runtime
/// put before it. In a string of JSON that begins with the header, a message begins behind that
/// only; around the string it may anywhere.
bool LiteralGate::is_wrapped_line_interesting(std::string_view block, std::size_t line) const {
  if (line < block.size() && block[line] == '{') {
    const parse::JsonText text = parse::find_json_text(block.substr(line, parse::kLongestWrapping));
    const std::size_t close =
        text.message == npos ? npos : end_of_string(block, line + text.message);
    if (close == npos) return prefixes_.stands_anywhere(block, line);
    return is_message_interesting(block, line, line + text.message) ||
           prefixes_.stands_anywhere(block.substr(0, line + text.quote), line) ||
           prefixes_.stands_anywhere(block, close);
  }
  const std::size_t message =
      parse::find_wrapped_message(block.substr(line, parse::kLongestWrapping));
  return message == npos ? prefixes_.stands_anywhere(block, line)
                         : prefixes_.stands_at(block, line + message);
}

/// No message of nginx's begins like this: another header may follow, or marks that a paste left
/// behind.
bool LiteralGate::is_message_interesting(std::string_view block, std::size_t line,
                                         std::size_t message) const {
  if (prefixes_.stands_at(block, message)) return true;
  const char first = message < block.size() ? block[message] : '\n';
  return ((first >= '0' && first <= '9') || first == ' ' || first == '\\') &&
         prefixes_.stands_anywhere(block, line);
}

/// Looks at the beginning of a line only: steps over "2026/11/21 02:58:15 [error] 9#9: *1 ".
bool LiteralGate::is_line_interesting(std::string_view block, std::size_t line) const {
  const std::string_view rest = block.substr(line, 96);
  if (rest.size() < 33 || rest[4] != '/' || rest[7] != '/' || rest[13] != ':' || rest[16] != ':' ||
      rest[20] != '[') {
    return is_wrapped_line_interesting(block, line);
  }
  std::size_t message = rest.find(": ", 24);
  // Where the ids are gone, or something else stands in their place, this is another colon.
  if (message == npos || !is_digit(rest[message - 1]))
    return prefixes_.stands_anywhere(block, line);
  message += 2;
  if (message < rest.size() && rest[message] == '*')
    message = std::min(rest.find(' ', message), rest.size() - 1) + 1;
  return is_message_interesting(block, line, line + message);
}

std::size_t LiteralGate::find_portable(std::string_view block, std::size_t from) const {
  if (open_) return from < block.size() ? from : npos;
  if (from < block.size() && is_line_interesting(block, from)) return from;
  return find_from_middle(block, from);
}

std::size_t LiteralGate::find_from_middle(std::string_view block, std::size_t from) const {
  const auto* bytes = reinterpret_cast<const unsigned char*>(block.data());
  for (std::size_t i = from; i + kShortest <= block.size(); ++i) {
    if (bytes[i] == '\n' && is_line_interesting(block, i + 1)) return i + 1;
    // A window may hang over the end by one byte, for needles of three.
    const unsigned fourth = i + 3 < block.size() ? masks_[3][bytes[i + 3]] : 0xFFU;
    const unsigned hit =
        masks_[0][bytes[i]] & masks_[1][bytes[i + 1]] & masks_[2][bytes[i + 2]] & fourth;
    if (hit != 0 && is_needle(block, i, hit)) return i;
  }
  return npos;
}

#if defined(__x86_64__)

/// The AVX2 search. Each table lookup says, for 32 bytes at once, which buckets have a window with
/// such a nibble at such a position; the positions that survive all eight lookups are compared byte
/// by byte.
struct GateSearch {
  /// The same as LiteralGate::is_line_interesting, for a line with at least 128 bytes of block
  /// behind its beginning.
  HANDSHAKED_AVX2 static bool is_line_interesting(const LiteralGate& gate, std::string_view block,
                                                  std::size_t line) {
    const char* const at = block.data() + line;
    if (at[4] != '/' || at[7] != '/' || at[13] != ':' || at[16] != ':' || at[20] != '[') {
      return gate.is_wrapped_line_interesting(block, line);
    }
    const auto first_of = [](const char* bytes, char wanted) HANDSHAKED_AVX2 {
      const __m256i chunk = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
      return static_cast<std::size_t>(std::countr_zero(static_cast<std::uint32_t>(
          _mm256_movemask_epi8(_mm256_cmpeq_epi8(chunk, _mm256_set1_epi8(wanted))))));
    };
    const std::size_t colon = first_of(at + 24, ':');
    if (colon == 32 || at[24 + colon + 1] != ' ' || !is_digit(at[24 + colon - 1]))
      return gate.is_line_interesting(block, line);
    std::size_t message = 24 + colon + 2;
    if (at[message] == '*') message += first_of(at + message, ' ') + 1;
    return gate.is_message_interesting(block, line, line + message);
  }

  /// Where windows of needles may begin, by bucket, at two of their positions.
  class Pair {
   public:
    HANDSHAKED_AVX2 Pair(const LiteralGate& gate, std::size_t first, std::size_t second)
        : low_first_(table(gate, first, 0)),
          high_first_(table(gate, first, 1)),
          low_second_(table(gate, second, 0)),
          high_second_(table(gate, second, 1)),
          first_(first),
          second_(second) {}
    HANDSHAKED_AVX2 __m256i buckets(const char* at) const {
      return _mm256_and_si256(buckets_of(load(at + first_), low_first_, high_first_),
                              buckets_of(load(at + second_), low_second_, high_second_));
    }

   private:
    HANDSHAKED_AVX2 static __m256i table(const LiteralGate& gate, std::size_t position,
                                         std::size_t half) {
      return _mm256_load_si256(
          reinterpret_cast<const __m256i*>(gate.nibbles_[position][half].data()));
    }
    HANDSHAKED_AVX2 static __m256i buckets_of(__m256i bytes, __m256i low, __m256i high) {
      const __m256i nibble = _mm256_set1_epi8(15);
      return _mm256_and_si256(
          _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, nibble)),
          _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble)));
    }

    __m256i low_first_, high_first_, low_second_, high_second_;
    std::size_t first_, second_;
  };

  HANDSHAKED_AVX2 static __m256i load(const char* at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  }

  HANDSHAKED_AVX2 static std::size_t find(const LiteralGate& gate, std::string_view block,
                                          std::size_t from) {
    constexpr std::size_t kStep = 32;
    constexpr std::size_t kMargin =
        2 * kStep +
        128;  // a line that begins in this step can be stepped over without looking at the end
    if (from + kMargin > block.size()) return gate.find_portable(block, from);
    if (is_line_interesting(gate, block, from)) return from;
    const Pair telling(gate, gate.order_[0], gate.order_[1]);
    const __m256i line_feed = _mm256_set1_epi8('\n');
    std::size_t i = from;
    for (; i + kMargin <= block.size(); i += 2 * kStep) {
      const char* const at = block.data() + i;
      const __m256i near = telling.buckets(at), far = telling.buckets(at + kStep);
      const __m256i near_feeds = _mm256_cmpeq_epi8(load(at), line_feed),
                    far_feeds = _mm256_cmpeq_epi8(load(at + kStep), line_feed);
      const __m256i any_near = _mm256_or_si256(near, near_feeds),
                    any_far = _mm256_or_si256(far, far_feeds);
      const __m256i any = _mm256_or_si256(any_near, any_far);
      if (_mm256_testz_si256(any, any) != 0) continue;
      if (_mm256_testz_si256(any_near, any_near) == 0) {
        if (const std::size_t found = look_closer(gate, block, i, near, near_feeds); found != npos)
          return found;
      }
      if (_mm256_testz_si256(any_far, any_far) == 0) {
        if (const std::size_t found = look_closer(gate, block, i + kStep, far, far_feeds);
            found != npos)
          return found;
      }
    }
    return gate.find_from_middle(block, i);
  }

  /// The 32 positions from `i` on, of which `hit` says where the two telling positions of a window
  /// fit.
  HANDSHAKED_AVX2 static std::size_t look_closer(const LiteralGate& gate, std::string_view block,
                                                 std::size_t i, __m256i hit, __m256i feeds) {
    auto events = static_cast<std::uint32_t>(_mm256_movemask_epi8(feeds));
    const std::uint32_t ends = events;
    alignas(32) std::array<std::uint8_t, 32> buckets;
    if (_mm256_testz_si256(hit, hit) == 0) {
      hit = _mm256_and_si256(hit,
                             Pair(gate, gate.order_[2], gate.order_[3]).buckets(block.data() + i));
      events |= ~static_cast<std::uint32_t>(
          _mm256_movemask_epi8(_mm256_cmpeq_epi8(hit, _mm256_setzero_si256())));
      _mm256_store_si256(reinterpret_cast<__m256i*>(buckets.data()), hit);
    }
    for (; events != 0; events &= events - 1) {
      const auto lane = static_cast<std::size_t>(std::countr_zero(events));
      if ((ends >> lane & 1U) != 0) {
        if (is_line_interesting(gate, block, i + lane + 1)) return i + lane + 1;
      } else if (gate.is_needle(block, i + lane, buckets[lane])) {
        return i + lane;
      }
    }
    return npos;
  }
};

std::size_t LiteralGate::find(std::string_view block, std::size_t from) const {
  return avx2_ && !open_ ? GateSearch::find(*this, block, from) : find_portable(block, from);
}

#else

std::size_t LiteralGate::find(std::string_view block, std::size_t from) const {
  return find_portable(block, from);
}

#endif

}  // namespace handshaked::match
