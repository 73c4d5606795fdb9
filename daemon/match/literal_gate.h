#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "match/gate_plan.h"
#include "match/prefix_search.h"

namespace handshaked::match {

/// Finds, in whole blocks of log, the lines that some rule could be interested in. Everything else
/// is never looked at again: this is where the speed comes from. All of it is derived from what the
/// rules require, so no rule can be forgotten:
///
///  - Needles: a few short texts that stand in no ordinary nginx line, of which most rules require
///  one ("SSL"). They are
///    searched for everywhere in the block at once, 64 positions a step where the processor has
///    AVX2 (the nibble-mask method that Hyperscan calls Teddy, at two bytes of each first), byte by
///    byte elsewhere.
///  - Prefixes: how the messages of all other rules begin. At each line feed the gate steps over
///  nginx's header, also
///    behind syslog's, and looks up the first four bytes of the message; a line in which it does
///    not know where the message begins is searched for prefixes everywhere (prefix_search.h).
///
/// A line inside JSON has quotes and backslashes escaped: needles hold none, prefixes are looked
/// for in both forms. Immutable after construction; safe to share between threads.
class LiteralGate {
 public:
  /// One element for each way in which a rule can match. One about which nothing is known makes the
  /// gate let everything pass (`is_open()`).
  explicit LiteralGate(const std::vector<LineRequirements>& rules);
  ~LiteralGate();

  /// A position in the first line at or behind `from` that may be interesting, or npos. `from` is
  /// the beginning of a line. An open gate answers `from`.
  std::size_t find(std::string_view block, std::size_t from) const;

  bool is_open() const { return open_; }
  const std::vector<std::string>& needles() const { return needles_; }
  /// The beginnings of messages that are looked for.
  std::vector<std::string> prefixes() const { return prefixes_.texts(); }

  /// For tests: the portable search, whatever the processor.
  std::size_t find_portable(std::string_view block, std::size_t from) const;

 private:
  friend struct GateSearch;
  struct Needle {
    std::string text;
    std::size_t window = 0;  ///< where in `text` its window begins
  };
  void build_tables();
  std::vector<Needle> choose_windows();
  /// Does a needle of one of `buckets` (a bit each) stand around a window that begins at `at`?
  bool is_needle(std::string_view block, std::size_t at, unsigned buckets) const;
  bool may_be_window(std::string_view block, std::size_t at) const;
  bool is_wrapped_line_interesting(std::string_view block, std::size_t line) const;
  bool is_line_interesting(std::string_view block, std::size_t line) const;
  bool is_message_interesting(std::string_view block, std::size_t line, std::size_t message) const;
  /// The portable search behind the first line's beginning.
  std::size_t find_from_middle(std::string_view block, std::size_t from) const;
  static std::size_t hash_key(std::uint32_t key) { return (key * 2654435761U) >> 18U; }

  bool open_ = false;
  bool avx2_ = false;
  std::vector<std::string> needles_;
  std::array<std::vector<Needle>, 8> buckets_;
  /// Bit b of masks_[i][c]: byte c can stand at position i of a window of bucket b.
  std::array<std::array<std::uint8_t, 256>, GatePlan::kWindow> masks_{};
  /// Two positions of a window that tell most are looked at first, the other two where these fit.
  std::array<std::size_t, GatePlan::kWindow> order_{0, 1, 2, 3};
  /// The same as masks_, split by nibble: [position][low or high nibble][value].
  alignas(32) std::array<std::array<std::array<std::uint8_t, 32>, 2>, GatePlan::kWindow> nibbles_{};
  std::bitset<1U << 14U> windows_;  ///< hashes of the windows of needles: most chance hits end here
  PrefixSearch prefixes_;
};

}  // namespace handshaked::match
