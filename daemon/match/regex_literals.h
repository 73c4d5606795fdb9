#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace handshaked::match {

/// What a text must contain to be matched in one certain way: by one branch of a regex's outermost
/// alternation.
struct RegexBranch {
  std::vector<std::vector<std::string>> clauses;
  std::vector<std::string> prefixes;
};

/// What every text that a regex matches must contain. It is derived from the regex, so that no rule
/// can be forgotten by the prefilter, and it also says how specific a regex is.
struct RegexLiterals {
  /// In each clause at least one of the literals stands in the text; all clauses hold. Empty:
  /// nothing is known.
  std::vector<std::vector<std::string>> clauses;
  /// Every text that matches begins with one of these. Empty: nothing is known.
  std::vector<std::string> prefixes;
  /// The same for each branch of the outermost alternation, which says more than what all have in
  /// common. Never empty.
  std::vector<RegexBranch> branches;
  /// The fewest literal bytes that a matching text spends on literals: the measure of "more
  /// specific".
  std::size_t specificity = 0;
};

/// Reads the subset of RE2's syntax that rules are written in: literals, escapes, classes, groups,
/// alternation, repetition, anchors. nullopt for anything else (flags such as (?i), \Q…\E, \p{…}):
/// then RE2 alone knows whether it is valid, and nothing may be assumed about what it requires.
std::optional<RegexLiterals> regex_literals(std::string_view regex);

}  // namespace handshaked::match
