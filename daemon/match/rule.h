#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "match/regex_literals.h"
#include "parse/error_record.h"

namespace handshaked::match {

/// How an incident of this rule lives (correlate/ decides on it).
enum class Kind : std::uint8_t {
  fault,        ///< opens at its first line
  transport,    ///< closed, reset, timed out: opens only when it persists, for backends restart
  consequence,  ///< follows from a fault and joins it
};
enum class Severity : std::uint8_t { info, warning, critical };

std::string_view to_string(Kind kind);
std::string_view to_string(Severity severity);

/// One candidate cause of a line.
struct CandidateCause {
  std::string cause;  ///< slug, a file in rules/causes/
  double likelihood = 0;
  std::string tell_apart, tell_apart_zh;
};

/// One rule of the knowledge base, as far as recognising lines needs it. What it says to people
/// (workarounds, dead ends, …) is read from `json` when somebody asks (knowledge.h).
/// rules/README.md specifies the file format.
struct Rule {
  std::string id;
  std::string regex;
  std::string title, title_zh;  ///< "signature" of the entry
  std::string url;

  std::vector<parse::Side> contexts;
  std::vector<std::string> actions;
  std::vector<std::string> upstream_schemes;
  std::vector<std::string> request_prefixes;
  bool needs_configuration = false;
  /// The family of directives that governs the connection where it is none of nginx's own:
  /// "lua_ssl", "js_fetch". Stands for the scheme of an upstream where texts are filled in
  /// (knowledge.h).
  std::string directives;

  parse::Side side = parse::Side::config;
  Kind kind = Kind::fault;
  Severity severity = Severity::warning;
  bool noise = false;
  /// A public entry that was dropped in as it is: its regex is searched for anywhere in the
  /// message, and it yields to any rule of ours.
  bool imported = false;

  std::vector<CandidateCause> causes;
  /// Takes what no other rule knows.
  bool is_catch_all() const { return causes.size() == 1 && causes.front().cause == "unclassified"; }

  /// What the regex requires; nullopt when that is not known, and in a rule of a RuleSet, which
  /// keeps it itself.
  std::optional<RegexLiterals> literals;

  std::string file;   ///< where it was read from
  unsigned line = 0;  ///< of its "id", from 1
  std::string json;   ///< the whole entry, as it was written
};

/// On whose side a line of `rule` was written, as everything that people and programs read says it:
/// a rule that takes lines of every side leaves it to the line.
parse::Side side_of(const Rule& rule, const parse::ErrorRecord& record);

}  // namespace handshaked::match
