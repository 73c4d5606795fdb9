#include "runtime/service/rule_base.h"

#include <algorithm>

#include "match/rule_file.h"

namespace handshaked::runtime {

const match::Rule* RuleBase::find(std::string_view id) const {
  const auto& all = rules->rules();
  const auto it =
      std::find_if(all.begin(), all.end(), [id](const match::Rule& rule) { return rule.id == id; });
  return it == all.end() ? nullptr : &*it;
}

LoadedRuleBase load_rule_base(const std::string& directory) {
  LoadedRuleBase loaded;
  match::LoadedRules rules = match::load_rules(directory);
  auto base = std::make_shared<RuleBase>();
  base->knowledge = match::Knowledge::load(directory, rules.problems);
  for (const match::RuleProblem& problem : rules.problems)
    loaded.problems.push_back(problem.message());
  base->rules = std::make_shared<const match::RuleSet>(std::move(rules.rules));
  for (std::string& refused : base->rules->compile_all())
    loaded.problems.push_back(std::move(refused));
  if (loaded.problems.empty()) loaded.base = std::move(base);
  return loaded;
}

}  // namespace handshaked::runtime
