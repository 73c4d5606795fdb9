#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace handshaked::match {

/// What a line must contain for a rule to match it, as the gate sees it.
struct LineRequirements {
  /// Of the message: in each clause one of the literals, all clauses hold (regex_literals.h).
  std::vector<std::vector<std::string>> message_clauses;
  /// The message begins with one of these; empty when that is not known.
  std::vector<std::string> prefixes;
  /// Of the line as it stands in the file, whatever wraps it: taken as they are.
  std::vector<std::vector<std::string>> line_clauses;
};

/// What the gate searches for, chosen so that it stops at every line that a rule can match and at
/// few others: the needles and prefixes of literal_gate.h. Which ones is a matter of speed only.
struct GatePlan {
  static constexpr std::size_t kShortest =
      3;  ///< a literal below this length cannot be searched for
  static constexpr std::size_t kLongest = 12;  ///< of a needle
  static constexpr std::size_t kWindow =
      4;  ///< bytes of a needle that are looked at first; three-byte needles use three

  struct Prefix {
    std::string text;
    const std::vector<std::vector<std::string>>* line_clauses;  ///< of the rule
  };
  std::vector<std::string> needles;
  std::vector<Prefix> prefixes;
  bool is_open = false;  ///< some rule requires nothing that could be searched for
};

/// The plan borrows from `rules`.
GatePlan plan_gate(const std::vector<LineRequirements>& rules);

/// How usual the bytes of a text are in error logs: the lower the sum, the better the needle.
unsigned commonness(std::string_view text);

/// Where the rarest window of a needle begins: in no ordinary line, if that can be had, for it is
/// what is looked at first.
std::size_t rarest_window(std::string_view needle);

}  // namespace handshaked::match
