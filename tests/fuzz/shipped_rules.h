#pragma once

#include <cstdio>
#include <memory>

#include "fuzz_input.h"
#include "match/rule_file.h"
#include "match/rule_set.h"

namespace handshaked::fuzz {

/// The rules of the repository.
inline std::shared_ptr<const match::RuleSet> shipped_rules() {
  match::LoadedRules loaded = match::load_rules(HANDSHAKED_SOURCE "/rules");
  for (const match::RuleProblem& problem : loaded.problems)
    std::fprintf(stderr, "%s\n", problem.message().c_str());
  promise(loaded.problems.empty() && !loaded.rules.empty(), "the shipped rules can be read");
  return std::make_shared<const match::RuleSet>(std::move(loaded.rules));
}

}  // namespace handshaked::fuzz
