#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "match/rule.h"

namespace handshaked::match {

/// What is wrong with a file of the knowledge base, and where.
struct RuleProblem {
  std::string file;
  unsigned line = 0;  ///< from 1; 0: the file as a whole
  std::string reason;

  std::string message() const;  ///< "rules/x.json:12: reason"
};

struct LoadedRules {
  std::vector<Rule> rules;
  std::vector<RuleProblem> problems;
};

/// Reads every `*.json` of a directory (not of its subdirectories), or one file. A file holds one
/// entry or an array of them, in our form or in one of the two public ones (rules/README.md).
/// Everything that is wrong is reported, not only the first; a rule with a problem is left out.
LoadedRules load_rules(const std::string& path);

/// The same for text that is already in memory; `file` names it in problems.
void read_rules(std::string_view json, const std::string& file, LoadedRules& loaded);

}  // namespace handshaked::match
