#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace handshaked::match {

/// What is known about the texts that a part of a regex matches, and how that of a whole follows
/// from its parts. What would be too much to keep is given up, which is always safe: less is then
/// known.
struct RegexPart {
  static constexpr std::size_t kMaxAlternatives = 64;  ///< of one clause
  static constexpr std::size_t kMaxLiteral = 128;      ///< bytes

  /// The part matches exactly these strings and no others; meaningless unless `is_exact`. While a
  /// concatenation is read, it may be only its end that is exact; `is_whole` tells.
  std::vector<std::string> exact;
  bool is_exact = false;
  /// Every match begins with one of these; empty when nothing is known. While `is_whole`, the part
  /// is exact from its beginning, `exact` says it, and `prefixes` is empty.
  std::vector<std::string> prefixes;
  bool is_whole = false;
  std::vector<std::vector<std::string>> clauses;  ///< as in RegexLiterals
  std::size_t specificity = 0;                    ///< as in RegexLiterals

  static RegexPart literal(std::string text) {
    RegexPart part;
    part.specificity = text.size();
    part.exact.push_back(std::move(text));
    part.is_exact = part.is_whole = true;
    return part;
  }
  static RegexPart anything() { return {}; }
  /// What every match begins with, wherever it is kept.
  const std::vector<std::string>& beginnings() const { return is_whole ? exact : prefixes; }
};

/// Turns what is exact into a clause, where that says anything.
void give_up_exactness(RegexPart& part);
/// The concatenation of two parts, `left` growing.
void append(RegexPart& left, RegexPart right);
/// The same with a literal behind it, which most of a regex is.
void append_literal(RegexPart& left, std::string_view text);
/// One of the branches; there is at least one.
RegexPart alternate(std::vector<RegexPart> branches);
/// The part or nothing.
void make_optional(RegexPart& part);

}  // namespace handshaked::match
