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

/// One rule of the knowledge base, as far as recognising lines needs it. What it says to people (workarounds, dead ends, …)
/// is read from `json` when somebody asks (knowledge.h). rules/README.md specifies the file format.
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

  parse::Side side = parse::Side::config;
  Kind kind = Kind::fault;
  Severity severity = Severity::warning;
  bool noise = false;
  /// A public entry that was dropped in as it is: its regex is searched for anywhere in the message, and it yields to any
  /// rule of ours.
  bool imported = false;

  std::vector<CandidateCause> causes;

  /// What the regex requires; nullopt when that is not known.
  std::optional<RegexLiterals> literals;

  std::string file;   ///< where it was read from
  unsigned line = 0;  ///< of its "id", from 1
  std::string json;   ///< the whole entry, as it was written
};

}  // namespace handshaked::match
