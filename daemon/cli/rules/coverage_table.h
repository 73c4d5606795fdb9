#pragma once

#include <string>

#include "match/rule_set.h"

namespace handshaked::cli {

/// Markdown: every situation that a rule names, the rules that cover it, and where the lines come
/// from that show it.
std::string coverage_table(const match::RuleSet& rules);

}  // namespace handshaked::cli
