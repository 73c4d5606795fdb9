#include "cli/knowledge/knowledge_base.h"

#include <cstdio>

#include "cli/knowledge/rules_location.h"

namespace handshaked::cli {
namespace {

/// A rule whose cause is described nowhere would send people away with an empty hand.
void report_unknown_causes(KnowledgeBase& base) {
  if (base.knowledge.causes().empty())
    return;  // rules that were dropped in alone carry their advice themselves
  for (const match::Rule& rule : base.rules->rules()) {
    for (const match::CandidateCause& candidate : rule.causes) {
      if (base.knowledge.has_cause(candidate.cause)) continue;
      base.problems.push_back(
          {rule.file, rule.line,
           "causes: no causes/" + candidate.cause + ".json describes this cause of " + rule.id});
    }
  }
}

void report_refused_regexes(KnowledgeBase& base) {
  for (const std::string& refused : base.rules->compile_all()) {
    const auto place_end = refused.find(": ");  // "file:line: id: reason", as the rule set says it
    base.problems.push_back({refused.substr(0, place_end), 0, refused.substr(place_end + 2)});
  }
}

/// A verb needs its rules until it ends, and then the system takes their memory back at once, which
/// we would do piece by piece.
void keep_to_the_end(const std::shared_ptr<const match::RuleSet>& rules) {
  static auto* const kept = new std::vector<std::shared_ptr<const match::RuleSet>>;
  kept->push_back(rules);
}

}  // namespace

KnowledgeBase load_knowledge_base(const std::string& asked_for, KnowledgeDepth depth) {
  KnowledgeBase base;
  base.directory = find_rules(asked_for);
  if (base.directory.empty()) {
    base.problems.push_back(
        {"rules", 0, "no rules found: give --rules DIR or set HANDSHAKED_RULES"});
    return base;
  }
  match::LoadedRules loaded = match::load_rules(base.directory);
  base.problems = std::move(loaded.problems);
  base.rules = std::make_shared<const match::RuleSet>(std::move(loaded.rules));
  if (depth == KnowledgeDepth::rules) return base;
  base.knowledge = match::Knowledge::load(base.directory, base.problems);
  if (depth == KnowledgeDepth::all_compiled) {
    report_unknown_causes(base);
    report_refused_regexes(base);
  }
  return base;
}

std::optional<KnowledgeBase> require_knowledge_base(const std::string& asked_for,
                                                    KnowledgeDepth depth) {
  KnowledgeBase base = load_knowledge_base(asked_for, depth);
  if (base.problems.empty()) {
    keep_to_the_end(base.rules);
    return base;
  }
  for (const match::RuleProblem& problem : base.problems)
    std::fprintf(stderr, "%s\n", problem.message().c_str());
  std::fprintf(stderr, "handshaked: the rules have %zu problem%s; nothing was done\n",
               base.problems.size(), base.problems.size() == 1 ? "" : "s");
  return std::nullopt;
}

}  // namespace handshaked::cli
