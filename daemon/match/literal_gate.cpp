#include "match/literal_gate.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <unordered_map>

#include "match/ordinary_text.h"
#include "parse/message_begin.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HANDSHAKED_AVX2 __attribute__((target("avx2")))
#endif

namespace handshaked::match {
namespace {

constexpr std::size_t kShortest = LiteralGate::kShortest;
constexpr std::size_t kLongest = LiteralGate::kLongest;
constexpr std::size_t kWindow = LiteralGate::kWindow;
constexpr auto npos = std::string_view::npos;

using Clause = std::vector<std::string>;
using Clauses = std::vector<Clause>;

/// Three letters of a word stand in too many words: a short needle needs capitals or punctuation, like "SSL".
bool is_unusual(std::string_view trigram) {
  const auto plain = std::count_if(trigram.begin(), trigram.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == ' '; });
  return plain == 0 && !is_ordinary(trigram);
}

/// How unusual the bytes of a text are in error logs: the lower the sum, the better the needle.
unsigned commonness(std::string_view text) {
  unsigned sum = 0;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z') sum += 8;
    else if (c == ' ' || c == '/' || c == '"' || (c >= '0' && c <= '9')) sum += 9;
    else if (c >= 'A' && c <= 'Z') sum += 3;
    else sum += 2;
  }
  return sum;
}

bool contains_needle(const std::string& literal, const std::vector<std::string>& needles) {
  return std::any_of(needles.begin(), needles.end(), [&](const auto& needle) { return literal.find(needle) != std::string::npos; });
}

bool is_covered(const Clauses& clauses, const std::vector<std::string>& needles) {
  return std::any_of(clauses.begin(), clauses.end(), [&](const Clause& clause) {
    return std::all_of(clause.begin(), clause.end(), [&](const auto& literal) { return contains_needle(literal, needles); });
  });
}

/// The longest part of a literal that JSON leaves as it is.
std::string unescaped_part(const std::string& literal) {
  std::string best;
  std::string part;
  for (std::size_t i = 0; i <= literal.size(); ++i) {
    if (i < literal.size() && literal[i] >= ' ' && literal[i] != '"' && literal[i] != '\\') {
      part += literal[i];
    } else {
      if (part.size() > best.size()) best = part;
      part.clear();
    }
  }
  return best;
}

/// The clauses that can be searched for: all their literals are long enough.
Clauses usable_clauses(const LineRequirements& rule) {
  Clauses usable;
  const auto is_long_enough = [](const std::string& literal) { return literal.size() >= kShortest; };
  for (const Clause& clause : rule.message_clauses) {
    Clause parts;
    for (const std::string& literal : clause) parts.push_back(unescaped_part(literal));
    if (std::all_of(parts.begin(), parts.end(), is_long_enough)) usable.push_back(std::move(parts));
  }
  for (const Clause& clause : rule.line_clauses) {
    if (std::all_of(clause.begin(), clause.end(), is_long_enough)) usable.push_back(clause);
  }
  return usable;
}

/// The three bytes that stand in the literals of most rules, and in no ordinary line: "SSL", as a rule.
std::optional<std::string> most_shared_trigram(const std::vector<Clauses>& open_rules) {
  std::unordered_map<std::uint32_t, std::uint32_t> rules_with;
  std::vector<std::uint32_t> seen;
  for (const Clauses& clauses : open_rules) {
    seen.clear();
    for (const Clause& clause : clauses) {
      if (clause.size() != 1) continue;
      for (std::size_t i = 0; i + 3 <= clause[0].size(); ++i) {
        std::uint32_t trigram = 0;
        std::memcpy(&trigram, clause[0].data() + i, 3);
        seen.push_back(trigram);
      }
    }
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    for (const std::uint32_t trigram : seen) ++rules_with[trigram];
  }
  std::uint32_t best = 0;
  std::uint32_t best_count = 0;
  for (const auto& [trigram, count] : rules_with) {
    if (count < best_count || (count == best_count && trigram > best)) continue;
    if (!is_unusual({reinterpret_cast<const char*>(&trigram), 3})) continue;
    best = trigram;
    best_count = count;
  }
  // Worth it only where it serves many: a longer needle of its own meets fewer lines in vain.
  if (best_count < std::max<std::size_t>(4, open_rules.size() / 8)) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(&best), 3);
}

/// The rarest window of a needle: in no ordinary line, if that can be had, for it is what is looked at first.
std::size_t best_window(std::string_view needle) {
  const auto cost = [needle](std::size_t at) {
    const std::string_view window = needle.substr(at, kWindow);
    return commonness(window) + (is_ordinary(window) ? 1000U : 0U);
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i + kWindow <= needle.size(); ++i) {
    if (cost(i) < cost(best)) best = i;
  }
  return best;
}

/// The best piece of one literal: in no ordinary line, and of unusual bytes.
std::string best_piece(const std::string& literal) {
  std::string best;
  unsigned best_cost = ~0U;
  const std::size_t length = std::min(kLongest, literal.size());
  for (std::size_t i = 0; i + length <= literal.size(); ++i) {
    const std::string piece = literal.substr(i, length);
    const bool has_rare_window = !is_ordinary(std::string_view(piece).substr(best_window(piece), kWindow));
    const unsigned cost = commonness(piece) + (is_ordinary(piece) ? 100000U : 0U) + (has_rare_window ? 0U : 10000U);
    if (cost < best_cost) {
      best_cost = cost;
      best = piece;
    }
  }
  return best;
}

/// Needles of its own for a rule that has no usable beginning: of the clause that needs the fewest and least ordinary ones.
void add_own_needles(const Clauses& clauses, std::vector<std::string>& needles) {
  std::vector<std::string> best;
  std::size_t best_cost = ~std::size_t{0};
  for (const Clause& clause : clauses) {
    std::vector<std::string> wanted;
    std::size_t cost = 0;
    for (const std::string& literal : clause) {
      if (contains_needle(literal, needles) || contains_needle(literal, wanted)) continue;
      wanted.push_back(best_piece(literal));
      cost += is_ordinary(wanted.back()) ? 1000U : 1U;
    }
    if (cost < best_cost) {
      best_cost = cost;
      best = std::move(wanted);
    }
  }
  needles.insert(needles.end(), best.begin(), best.end());
}

/// A text as it stands inside a JSON string, up to the first control character.
std::string json_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c < ' ') break;
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// Where "OCSP" is looked for, "OCSP response" need not be.
void drop_redundant(std::vector<std::string>& needles) {
  const std::vector<std::string> all = needles;
  std::erase_if(needles, [&](const std::string& needle) {
    return std::any_of(all.begin(), all.end(),
                       [&](const auto& other) { return other != needle && needle.find(other) != std::string::npos; });
  });
}

/// The beginnings of a rule's messages, plain and escaped; empty when one of them is too short to look up.
std::vector<std::string> usable_prefixes(const LineRequirements& rule) {
  std::vector<std::string> usable;
  for (const std::string& prefix : rule.prefixes) {
    const std::string plain = prefix.substr(0, PrefixSearch::kLongest);
    const std::string escaped = json_escaped(plain);
    if (plain.size() < PrefixSearch::kKey || escaped.size() < PrefixSearch::kKey) return {};
    usable.push_back(plain);
    if (escaped != plain) usable.push_back(escaped);
  }
  return usable;
}

/// Is a rule better found by how its messages begin than by needles of its own?
bool is_searched_by_prefix(const LineRequirements& rule, const Clauses& clauses) {
  const auto prefixes = usable_prefixes(rule);
  if (prefixes.empty()) return false;
  const bool ordinary = std::any_of(prefixes.begin(), prefixes.end(), [](const auto& prefix) { return is_ordinary(prefix); });
  if (!ordinary || !rule.line_clauses.empty()) return true;
  // Ordinary lines begin so, too: a needle of unusual text would stop at fewer of them.
  return std::none_of(clauses.begin(), clauses.end(), [](const Clause& clause) {
    return std::none_of(clause.begin(), clause.end(), [](const auto& literal) { return is_ordinary(best_piece(literal)); });
  });
}

}  // namespace

LiteralGate::~LiteralGate() = default;

LiteralGate::LiteralGate(const std::vector<LineRequirements>& rules) {
  std::vector<Clauses> shared;  // of the rules that are still without a needle
  std::vector<std::pair<const LineRequirements*, Clauses>> all;
  for (const LineRequirements& rule : rules) {
    all.emplace_back(&rule, usable_clauses(rule));
    shared.push_back(all.back().second);
  }
  while (const auto trigram = most_shared_trigram(shared)) {
    needles_.push_back(*trigram);
    std::erase_if(shared, [&](const Clauses& clauses) { return is_covered(clauses, needles_); });
  }
  std::erase_if(all, [&](const auto& rule) { return is_covered(rule.second, needles_); });
  for (const auto& [rule, clauses] : all) {
    if (is_searched_by_prefix(*rule, clauses)) {
      for (const std::string& text : usable_prefixes(*rule)) prefixes_.add(text, rule->line_clauses);
    } else if (!clauses.empty()) {
      if (!is_covered(clauses, needles_)) add_own_needles(clauses, needles_);
    } else {
      open_ = true;
    }
  }
  drop_redundant(needles_);
  build_tables();
  prefixes_.build();
#if defined(__x86_64__)
  avx2_ = __builtin_cpu_supports("avx2");
#endif
}

void LiteralGate::build_tables() {
  std::vector<Needle> all;
  for (const std::string& text : needles_) all.push_back({.text = text, .window = best_window(text)});
  // Needles with alike windows share a bucket: the fewer different nibbles a bucket has, the less it lets pass by chance.
  std::sort(all.begin(), all.end(), [](const Needle& a, const Needle& b) { return a.text.substr(a.window) < b.text.substr(b.window); });
  for (std::size_t n = 0; n < all.size(); ++n) {
    const std::size_t bucket = all.size() <= 8 ? n : n * 8 / all.size();
    const auto bit = static_cast<std::uint8_t>(1U << bucket);
    for (std::size_t i = 0; i < kWindow; ++i) {
      const bool any_byte = all[n].window + i >= all[n].text.size();  // the fourth byte behind a needle of three
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
    std::memcpy(&window, all[n].text.data() + all[n].window, std::min(kWindow, all[n].text.size() - all[n].window));
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
      if (at >= needle.window && block.substr(at - needle.window, needle.text.size()) == needle.text) return true;
    }
  }
  return false;
}

/// A line that does not begin with nginx's header: steps over what syslog or a container runtime put before it.
bool LiteralGate::is_wrapped_line_interesting(std::string_view block, std::size_t line) const {
  const std::size_t message = parse::find_wrapped_message(block.substr(line, parse::kLongestWrapping));
  return message == npos ? prefixes_.stands_anywhere(block, line) : prefixes_.stands_at(block, line + message);
}

/// Looks at the beginning of a line only: steps over "2026/11/21 02:58:15 [error] 9#9: *1 ".
bool LiteralGate::is_line_interesting(std::string_view block, std::size_t line) const {
  const std::string_view rest = block.substr(line, 96);
  if (rest.size() < 33 || rest[4] != '/' || rest[7] != '/' || rest[13] != ':' || rest[16] != ':' || rest[20] != '[') {
    return is_wrapped_line_interesting(block, line);
  }
  std::size_t message = rest.find(": ", 24);
  if (message == npos) return prefixes_.stands_anywhere(block, line);
  message += 2;
  if (message < rest.size() && rest[message] == '*') message = std::min(rest.find(' ', message), rest.size() - 1) + 1;
  return prefixes_.stands_at(block, line + message);
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
    const unsigned hit = masks_[0][bytes[i]] & masks_[1][bytes[i + 1]] & masks_[2][bytes[i + 2]] & fourth;
    if (hit != 0 && is_needle(block, i, hit)) return i;
  }
  return npos;
}

#if defined(__x86_64__)

/// The AVX2 search. Each table lookup says, for 32 bytes at once, which buckets have a window with such a nibble at such a
/// position; the positions that survive all eight lookups are compared byte by byte.
struct GateSearch {
  /// The same as LiteralGate::is_line_interesting, for a line with at least 128 bytes of block behind its beginning.
  HANDSHAKED_AVX2 static bool is_line_interesting(const LiteralGate& gate, std::string_view block, std::size_t line) {
    const char* const at = block.data() + line;
    if (at[4] != '/' || at[7] != '/' || at[13] != ':' || at[16] != ':' || at[20] != '[') {
      return gate.is_wrapped_line_interesting(block, line);
    }
    const auto first_of = [](const char* bytes, char wanted) HANDSHAKED_AVX2 {
      const __m256i chunk = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
      return static_cast<std::size_t>(
          std::countr_zero(static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(chunk, _mm256_set1_epi8(wanted))))));
    };
    const std::size_t colon = first_of(at + 24, ':');
    if (colon == 32 || at[24 + colon + 1] != ' ') return gate.is_line_interesting(block, line);
    std::size_t message = 24 + colon + 2;
    if (at[message] == '*') message += first_of(at + message, ' ') + 1;
    return gate.prefixes_.stands_at(block, line + message);
  }

  HANDSHAKED_AVX2 static std::size_t find(const LiteralGate& gate, std::string_view block, std::size_t from) {
    const auto table = [&gate](std::size_t position, std::size_t half) HANDSHAKED_AVX2 {
      return _mm256_load_si256(reinterpret_cast<const __m256i*>(gate.nibbles_[position][half].data()));
    };
    const __m256i low0 = table(0, 0), high0 = table(0, 1), low1 = table(1, 0), high1 = table(1, 1);
    const __m256i low2 = table(2, 0), high2 = table(2, 1), low3 = table(3, 0), high3 = table(3, 1);
    const __m256i nibble = _mm256_set1_epi8(15);
    const __m256i zero = _mm256_setzero_si256();
    const __m256i line_feed = _mm256_set1_epi8('\n');
    const char* const data = block.data();
    const auto buckets_of = [nibble](__m256i bytes, __m256i low, __m256i high) HANDSHAKED_AVX2 {
      return _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(bytes, nibble)),
                              _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble)));
    };
    const auto load = [data](std::size_t at) HANDSHAKED_AVX2 { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + at)); };
    constexpr std::size_t kMargin = 32 + 128;  // a line that begins in this step can be stepped over without looking at the end
    if (from + kMargin > block.size()) return gate.find_portable(block, from);
    if (is_line_interesting(gate, block, from)) return from;
    std::size_t i = from;
    for (; i + kMargin <= block.size(); i += 32) {
      const __m256i bytes = load(i);
      const __m256i hit = _mm256_and_si256(_mm256_and_si256(buckets_of(bytes, low0, high0), buckets_of(load(i + 1), low1, high1)),
                                           _mm256_and_si256(buckets_of(load(i + 2), low2, high2), buckets_of(load(i + 3), low3, high3)));
      const auto feeds = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, line_feed)));
      const auto hits = ~static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(hit, zero)));
      auto events = feeds | hits;
      if (events == 0) continue;
      alignas(32) std::array<std::uint8_t, 32> buckets;
      _mm256_store_si256(reinterpret_cast<__m256i*>(buckets.data()), hit);
      for (; events != 0; events &= events - 1) {
        const auto lane = static_cast<std::size_t>(std::countr_zero(events));
        if ((feeds >> lane & 1U) != 0) {
          if (is_line_interesting(gate, block, i + lane + 1)) return i + lane + 1;
        } else if (gate.is_needle(block, i + lane, buckets[lane])) {
          return i + lane;
        }
      }
    }
    return gate.find_from_middle(block, i);
  }

  HANDSHAKED_AVX2 static std::size_t count_lines(std::string_view bytes) {
    const __m256i line_feed = _mm256_set1_epi8('\n');
    __m256i total = _mm256_setzero_si256();
    std::size_t i = 0;
    while (i + 32 <= bytes.size()) {
      __m256i sums = _mm256_setzero_si256();
      const std::size_t steps = std::min<std::size_t>(255, (bytes.size() - i) / 32);  // a lane counts to 255
      for (std::size_t step = 0; step < steps; ++step, i += 32) {
        const __m256i chunk = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes.data() + i));
        sums = _mm256_sub_epi8(sums, _mm256_cmpeq_epi8(chunk, line_feed));
      }
      total = _mm256_add_epi64(total, _mm256_sad_epu8(sums, _mm256_setzero_si256()));
    }
    alignas(32) std::uint64_t lanes[4];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), total);
    const auto rest = std::count(bytes.begin() + static_cast<std::ptrdiff_t>(i), bytes.end(), '\n');
    return lanes[0] + lanes[1] + lanes[2] + lanes[3] + static_cast<std::size_t>(rest);
  }
};

std::size_t LiteralGate::find(std::string_view block, std::size_t from) const {
  return avx2_ && !open_ ? GateSearch::find(*this, block, from) : find_portable(block, from);
}

std::size_t count_lines(std::string_view bytes) {
  static const bool avx2 = __builtin_cpu_supports("avx2");
  return avx2 ? GateSearch::count_lines(bytes) : static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

#else

std::size_t LiteralGate::find(std::string_view block, std::size_t from) const { return find_portable(block, from); }

std::size_t count_lines(std::string_view bytes) { return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n')); }

#endif

}  // namespace handshaked::match
