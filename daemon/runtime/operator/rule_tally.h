#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "correlate/failure_fold.h"
#include "match/rule_set.h"
#include "telemetry/metrics.h"

namespace handshaked::runtime {

/// Which rules have recognised lines, and what they cost, over all rule sets since the start. Loop
/// thread only. As many entries as rules were ever met.
class RuleTally {
 public:
  void note(const correlate::FailureBatch& batch);
  /// The rules that are in force from now on. What those before have cost is kept.
  void use_rules(std::shared_ptr<const match::RuleSet> rules);
  /// The most matches first; rules that were never met are left out.
  std::vector<telemetry::RuleMetrics> figures() const;

 private:
  struct Tally {
    std::uint64_t matches = 0;
    match::RuleCost cost;  ///< of rule sets that are not in force any more
  };
  static void add_costs(const match::RuleSet& rules,
                        std::map<std::string, Tally, std::less<>>& into);

  std::map<std::string, Tally, std::less<>> by_id_;
  std::shared_ptr<const match::RuleSet> rules_;
};

}  // namespace handshaked::runtime
