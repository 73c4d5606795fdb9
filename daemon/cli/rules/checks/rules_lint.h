#pragma once

#include <string>
#include <vector>

#include "match/rule_file.h"

namespace handshaked::cli {

struct LintReport {
  std::vector<match::RuleProblem> problems;  ///< by file and line
  std::size_t rules = 0, causes = 0;
};

/// Everything that can be found wrong with a knowledge base without running it on logs: schema, regexes, samples and who wins them,
/// translations, names of rules and causes that do not exist, links. Entries in one of the public shapes are judged mildly: they cannot fit
/// our schema.
LintReport lint_rules(const std::string& directory);

}  // namespace handshaked::cli
