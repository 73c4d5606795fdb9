#include "match/prefix_search.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

#include "base/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HANDSHAKED_AVX2 __attribute__((target("avx2")))
#endif

namespace handshaked::match {
namespace {

constexpr auto npos = std::string_view::npos;

constexpr bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Can a message begin at `at`, whatever wraps it? Not in the middle of a word; but behind an
/// escape of JSON ("\n", "\u000a").
inline bool may_begin_message(std::string_view block, std::size_t line, std::size_t at) {
  if (at == line || !is_letter_or_digit(block[at - 1])) return true;
  return (at >= line + 2 && block[at - 2] == '\\') ||
         (at >= line + 6 && block[at - 6] == '\\' && block[at - 5] == 'u');
}

}  // namespace

#if defined(__x86_64__)

struct PrefixVectors {
  /// A key that begins at one of 32 positions is known, perhaps, and no word goes on there: bits.
  /// Reads six bytes before and three behind.
  class Candidates {
   public:
    HANDSHAKED_AVX2 explicit Candidates(const PrefixSearch& search)
        : first_(search, 0), second_(search, 1), third_(search, 2), fourth_(search, 3) {}

    HANDSHAKED_AVX2 std::uint32_t at(const char* bytes) const {
      const __m256i known = _mm256_and_si256(
          _mm256_and_si256(first_.buckets(load(bytes)), second_.buckets(load(bytes + 1))),
          _mm256_and_si256(third_.buckets(load(bytes + 2)), fourth_.buckets(load(bytes + 3))));
      if (_mm256_testz_si256(known, known) != 0) return 0;
      const __m256i before = load(bytes - 1);
      const __m256i small = _mm256_or_si256(before, _mm256_set1_epi8(0x20));
      const __m256i word =
          _mm256_or_si256(is_in_range(small, 'a', 25), is_in_range(before, '0', 9));
      // Behind an escape of JSON a message may begin all the same: which one it is, the caller
      // finds out.
      const __m256i backslash = _mm256_set1_epi8('\\');
      const __m256i escaped = _mm256_or_si256(_mm256_cmpeq_epi8(load(bytes - 2), backslash),
                                              _mm256_cmpeq_epi8(load(bytes - 6), backslash));
      const __m256i ruled_out = _mm256_or_si256(_mm256_andnot_si256(escaped, word),
                                                _mm256_cmpeq_epi8(known, _mm256_setzero_si256()));
      return ~static_cast<std::uint32_t>(_mm256_movemask_epi8(ruled_out));
    }

   private:
    HANDSHAKED_AVX2 static __m256i load(const char* at) {
      return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    }
    HANDSHAKED_AVX2 static __m256i is_in_range(__m256i bytes, char first, char span) {
      const __m256i above = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first));
      return _mm256_cmpeq_epi8(_mm256_min_epu8(above, _mm256_set1_epi8(span)), above);
    }
    /// Which buckets have a key with such a byte at this position.
    struct Position {
      HANDSHAKED_AVX2 Position(const PrefixSearch& search, std::size_t position)
          : low(_mm256_load_si256(
                reinterpret_cast<const __m256i*>(search.nibbles_[position][0].data()))),
            high(_mm256_load_si256(
                reinterpret_cast<const __m256i*>(search.nibbles_[position][1].data()))) {}
      HANDSHAKED_AVX2 __m256i buckets(__m256i bytes) const {
        const __m256i nibble = _mm256_set1_epi8(15);
        return _mm256_and_si256(
            _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, nibble)),
            _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble)));
      }
      __m256i low, high;
    };

    Position first_, second_, third_, fourth_;
  };

  HANDSHAKED_AVX2 static bool stands_anywhere(const PrefixSearch& search, std::string_view block,
                                              std::size_t line) {
    constexpr std::size_t kBefore = 6;
    constexpr std::size_t kBehind = 32 + PrefixSearch::kKey;
    const Candidates candidates(search);
    const __m256i line_feed = _mm256_set1_epi8('\n');
    std::size_t i = line;
    for (; i < kBefore && i < block.size();
         ++i) {  // at the very beginning of a block there is nothing before
      if (block[i] == '\n') return false;
      if (may_begin_message(block, line, i) && stands_in_line(search, block, i)) return true;
    }
    for (; i + kBehind <= block.size(); i += 32) {
      const char* const at = block.data() + i;
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
      const auto feeds =
          static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, line_feed)));
      std::uint32_t hits = candidates.at(at);
      if (feeds != 0) hits &= (feeds & (~feeds + 1)) - 1;  // in front of the first
      for (; hits != 0; hits &= hits - 1) {
        const std::size_t message = i + static_cast<std::size_t>(std::countr_zero(hits));
        if (stands_in_line(search, block, message) && may_begin_message(block, line, message))
          return true;
      }
      if (feeds != 0) return false;
    }
    return search.stands_behind(block, line, i);
  }

  /// The key, too, has to stand in front of the line's end.
  static bool stands_in_line(const PrefixSearch& search, std::string_view block,
                             std::size_t message) {
    return search.stands_at(block, message) &&
           std::memchr(block.data() + message, '\n', PrefixSearch::kKey) == nullptr;
  }
};

#endif

PrefixSearch::LineClause::LineClause(const std::vector<std::string>& literals) : common_({}) {
  std::size_t front = literals.front().size(), back = front;
  for (const std::string& literal : literals) {
    const std::string& other = literals.front();
    front = std::min(
        front, static_cast<std::size_t>(
                   std::mismatch(literal.begin(), literal.end(), other.begin(), other.end()).first -
                   literal.begin()));
    back = std::min(
        back,
        static_cast<std::size_t>(
            std::mismatch(literal.rbegin(), literal.rend(), other.rbegin(), other.rend()).first -
            literal.rbegin()));
  }
  // Fields of a context are called like words of messages: what their values have in common tells
  // more.
  constexpr std::size_t kTelling = 3;
  is_common_in_front_ = back < kTelling || literals.size() == 1;
  const std::string& any = literals.front();
  common_ =
      LiteralSearch(is_common_in_front_ ? any.substr(0, front) : any.substr(any.size() - back));
  for (const std::string& literal : literals) {
    Rest rest{.text = is_common_in_front_ ? literal.substr(front)
                                          : literal.substr(0, literal.size() - back)};
    const std::size_t size = std::min<std::size_t>(8, rest.text.size());
    const std::size_t place = is_common_in_front_ ? 0 : 8 - size;  // in the eight bytes of the line
    std::array<char, 8> bytes{}, mask{};
    std::memcpy(bytes.data() + place,
                is_common_in_front_ ? rest.text.data() : rest.text.data() + rest.text.size() - size,
                size);
    std::fill_n(mask.begin() + static_cast<std::ptrdiff_t>(place), size, '\xFF');
    std::memcpy(&rest.bytes, bytes.data(), 8);
    std::memcpy(&rest.mask, mask.data(), 8);
    if (rest.text.empty()) has_empty_rest_ = true;
    else
      nearest_.set(
          static_cast<unsigned char>(is_common_in_front_ ? rest.text.front() : rest.text.back()));
    rests_.push_back(std::move(rest));
  }
}

bool PrefixSearch::LineClause::follows(std::string_view rest) const {
  if (rest.empty() || !nearest_[static_cast<unsigned char>(rest.front())]) return false;
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, rest.data(), std::min<std::size_t>(8, rest.size()));
  return std::any_of(rests_.begin(), rests_.end(), [&](const Rest& wanted) {
    return (bytes & wanted.mask) == wanted.bytes && rest.starts_with(wanted.text);
  });
}

bool PrefixSearch::LineClause::precedes(std::string_view rest) const {
  if (rest.empty() || !nearest_[static_cast<unsigned char>(rest.back())]) return false;
  std::array<char, 8> nearest{};
  const std::size_t size = std::min<std::size_t>(8, rest.size());
  std::memcpy(nearest.data() + 8 - size, rest.data() + rest.size() - size, size);
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, nearest.data(), 8);
  return std::any_of(rests_.begin(), rests_.end(), [&](const Rest& wanted) {
    return (bytes & wanted.mask) == wanted.bytes && rest.ends_with(wanted.text);
  });
}

bool PrefixSearch::LineClause::holds(std::string_view line) const {
  for (std::size_t at = common_.find(line); at != npos; at = common_.find(line, at + 1)) {
    if (has_empty_rest_) return true;
    if (is_common_in_front_ ? follows(line.substr(at + common_.literal().size()))
                            : precedes(line.substr(0, at)))
      return true;
  }
  return false;
}

std::size_t PrefixSearch::add_line_clause(const std::vector<std::string>& literals) {
  LineClause clause(literals);
  const auto known = std::find(line_clauses_.begin(), line_clauses_.end(), clause);
  if (known != line_clauses_.end()) return static_cast<std::size_t>(known - line_clauses_.begin());
  line_clauses_.push_back(std::move(clause));
  return line_clauses_.size() - 1;
}

void PrefixSearch::add(const std::string& text,
                       const std::vector<std::vector<std::string>>& line_clauses) {
  Prefix prefix{.text = text, .line_clauses = {}};
  for (const auto& clause : line_clauses) prefix.line_clauses.push_back(add_line_clause(clause));
  prefixes_.push_back(std::move(prefix));
}

void PrefixSearch::build() {
  // One that is wanted without conditions is asked first.
  const auto order = [](const Prefix& prefix) {
    return std::tuple(hash_at(prefix.text.data()), !prefix.line_clauses.empty());
  };
  const auto is_before = [](const Prefix& a, const Prefix& b) {
    return std::tie(a.text, a.line_clauses) < std::tie(b.text, b.line_clauses);
  };
  std::sort(prefixes_.begin(), prefixes_.end(), is_before);
  prefixes_.erase(std::unique(prefixes_.begin(), prefixes_.end()), prefixes_.end());
  // Keys that look alike share a bucket: the fewer different nibbles a bucket has, the less it lets
  // pass by chance.
  std::vector<std::string> keys;
  for (const Prefix& prefix : prefixes_) keys.push_back(prefix.text.substr(0, kKey));
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (std::size_t n = 0; n < keys.size(); ++n) {
    const auto bit = static_cast<std::uint8_t>(1U << (n * 8 / keys.size()));
    for (std::size_t i = 0; i < kKey; ++i) {
      const auto c = static_cast<unsigned char>(keys[n][i]);
      for (const std::size_t lane : {std::size_t{0}, std::size_t{16}}) {
        nibbles_[i][0][lane + (c & 15U)] |= bit;
        nibbles_[i][1][lane + (c >> 4U)] |= bit;
      }
    }
  }
  std::stable_sort(prefixes_.begin(), prefixes_.end(),
                   [&order](const Prefix& a, const Prefix& b) { return order(a) < order(b); });
  CHECK(prefixes_.size() < 65536);
  for (std::size_t n = prefixes_.size(); n-- > 0;) {
    const std::size_t hash = hash_at(prefixes_[n].text.data());
    known_.set(hash);
    first_[hash] = static_cast<std::uint16_t>(n);
  }
  for (std::size_t n = 0; n < prefixes_.size(); ++n) {
    const Prefix& prefix = prefixes_[n];
    Head head;
    head.is_last = n + 1 == prefixes_.size() ||
                   hash_at(prefixes_[n + 1].text.data()) != hash_at(prefix.text.data());
    const std::size_t size = std::min(kHead, prefix.text.size());
    std::array<char, kHead> mask{};
    std::fill_n(mask.begin(), size, '\xFF');
    std::memcpy(head.bytes.data(), prefix.text.data(), size);
    std::memcpy(head.mask.data(), mask.data(), kHead);
    heads_.push_back(head);
  }
#if defined(__x86_64__)
  avx2_ = __builtin_cpu_supports("avx2") != 0;
#endif
}

std::vector<std::string> PrefixSearch::texts() const {
  std::vector<std::string> list;
  for (const Prefix& prefix : prefixes_) list.push_back(prefix.text);
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

bool PrefixSearch::is_wanted(std::string_view block, std::size_t message, std::size_t hash) const {
  std::string_view line;
  std::uint64_t failed = 0;  // line clauses that were tried in vain: several prefixes share one
  for (std::size_t n = first_[hash];; ++n) {
    if (may_stand(block, message, n) &&
        block.substr(message, prefixes_[n].text.size()).starts_with(prefixes_[n].text)) {
      const std::vector<std::size_t>& wanted = prefixes_[n].line_clauses;
      if (wanted.empty()) return true;
      if (line.empty())
        line = block.substr(message, std::min(block.find('\n', message), block.size()) - message);
      const bool all_hold = std::all_of(wanted.begin(), wanted.end(), [&](std::size_t clause) {
        const std::uint64_t bit = clause < 64 ? std::uint64_t{1} << clause : 0;
        if ((failed & bit) == 0 && line_clauses_[clause].holds(line)) return true;
        failed |= bit;
        return false;
      });
      if (all_hold) return true;
    }
    if (heads_[n].is_last) return false;
  }
}

bool PrefixSearch::stands_anywhere(std::string_view block, std::size_t line) const {
#if defined(__x86_64__)
  if (avx2_) return PrefixVectors::stands_anywhere(*this, block, line);
#endif
  return stands_behind(block, line, line);
}

bool PrefixSearch::stands_behind(std::string_view block, std::size_t line, std::size_t from) const {
  const std::size_t end = std::min(block.find('\n', from), block.size());
  for (std::size_t at = from; at + kKey <= end; ++at) {
    // In this order: the second question is answered unpredictably, the first with no nearly
    // always.
    if (known_[hash_at(block.data() + at)] && may_begin_message(block, line, at) &&
        stands_at(block, at))
      return true;
  }
  return false;
}

}  // namespace handshaked::match
