#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/literal_search.h"

namespace handshaked::match {

/// How the messages of rules begin, and what else a line must contain with such a beginning.
/// Answers whether one stands at a place, or anywhere in a line whose wrapping nobody knows. Filled
/// once, then immutable and safe to share between threads.
class PrefixSearch {
 public:
  static constexpr std::size_t kKey = 4;       ///< bytes that are looked up; no prefix is shorter
  static constexpr std::size_t kLongest = 32;  ///< of a prefix

  /// Messages that begin with `text` are wanted where, of each of `line_clauses`, one literal
  /// stands in the rest of the line.
  void add(const std::string& text, const std::vector<std::vector<std::string>>& line_clauses);
  /// After the last add().
  void build();

  /// Does a message that begins at `message` begin like one that is wanted, in a line that has what
  /// else it needs?
  bool stands_at(std::string_view block, std::size_t message) const {
    if (message + kKey > block.size()) return false;
    const std::size_t hash = hash_at(block.data() + message);
    return known_[hash] && is_wanted(block, message, hash);
  }
  /// … anywhere in the line that begins at `line`, but not in the middle of a word.
  bool stands_anywhere(std::string_view block, std::size_t line) const;
  /// For tests: the same, whatever the processor.
  bool stands_anywhere_portable(std::string_view block, std::size_t line) const {
    return stands_behind(block, line, line);
  }

  /// All of them, sorted.
  std::vector<std::string> texts() const;

 private:
  friend struct PrefixVectors;
  static constexpr unsigned kHashBits = 14;
  static constexpr std::size_t kHead = 16;
  /// A demand on the whole line: one of several literals stands in it. What all of them begin or
  /// end with is searched for; where it stands, the rest is compared.
  class LineClause {
   public:
    explicit LineClause(const std::vector<std::string>& literals);
    bool holds(std::string_view line) const;
    bool operator==(const LineClause&) const = default;

   private:
    /// What is left of a literal, on one side of what they have in common.
    struct Rest {
      std::string text;
      std::uint64_t bytes = 0, mask = 0;  ///< the (at most) eight that are nearest
      bool operator==(const Rest&) const = default;
    };
    bool follows(std::string_view rest) const;
    bool precedes(std::string_view rest) const;

    bool is_common_in_front_ = true;
    LiteralSearch common_;
    std::vector<Rest> rests_;
    std::bitset<256> nearest_;  ///< bytes that may stand beside what they have in common; not asked
                                ///< where a literal has no rest
    bool has_empty_rest_ = false;
  };
  struct Prefix {
    std::string text;
    std::vector<std::size_t> line_clauses;  ///< indices of line_clauses_
    bool operator==(const Prefix&) const = default;
  };
  /// The first bytes of a prefix, to be compared in one step; most chance hits end here.
  struct Head {
    std::array<std::uint64_t, kHead / 8> bytes{};
    std::array<std::uint64_t, kHead / 8> mask{};  ///< zero behind a shorter prefix
    bool is_last = false;                         ///< of those with its hash
  };

  static std::size_t hash_at(const char* at) {
    std::uint32_t key = 0;
    std::memcpy(&key, at, kKey);
    return (key * 2654435761U) >> (32 - kHashBits);
  }
  std::size_t add_line_clause(const std::vector<std::string>& literals);
  bool is_wanted(std::string_view block, std::size_t message, std::size_t hash) const;
  bool may_stand(std::string_view block, std::size_t message, std::size_t prefix) const {
    if (message + kHead > block.size()) return true;
    std::array<std::uint64_t, kHead / 8> bytes;
    std::memcpy(bytes.data(), block.data() + message, kHead);
    const Head& head = heads_[prefix];
    return (((bytes[0] ^ head.bytes[0]) & head.mask[0]) |
            ((bytes[1] ^ head.bytes[1]) & head.mask[1])) == 0;
  }
  /// From `from` on, which lies in the line that begins at `line`.
  bool stands_behind(std::string_view block, std::size_t line, std::size_t from) const;

  bool avx2_ = false;
  std::vector<Prefix> prefixes_;  ///< by the hash of their keys
  std::vector<Head> heads_;       ///< of prefixes_, by the same index
  std::vector<LineClause> line_clauses_;
  std::bitset<1U << kHashBits> known_;
  /// Where in prefixes_ those with a hash begin. Only for hashes that are known.
  std::array<std::uint16_t, 1U << kHashBits> first_{};
  /// Bit b: a byte with this low or high nibble stands at this position of a key of bucket b:
  /// [position][low or high][value, twice].
  alignas(32) std::array<std::array<std::array<std::uint8_t, 32>, 2>, kKey> nibbles_{};
};

}  // namespace handshaked::match
