#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "match/knowledge.h"
#include "match/rule_set.h"

namespace handshaked::runtime {

/// Everything that a rules directory says, as one immutable snapshot: a reload makes a new one and
/// swaps it in.
struct RuleBase {
  std::shared_ptr<const match::RuleSet> rules;
  match::Knowledge knowledge;

  /// nullptr when there is no such rule (any more).
  const match::Rule* find(std::string_view id) const;
};

struct LoadedRuleBase {
  std::shared_ptr<const RuleBase> base;  ///< nullptr when there are problems
  std::vector<std::string> problems;     ///< "file:line: reason", all of them
};

/// Reads, checks and compiles every rule.
LoadedRuleBase load_rule_base(const std::string& directory);

}  // namespace handshaked::runtime
