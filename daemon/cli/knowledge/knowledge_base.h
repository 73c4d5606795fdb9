#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "match/knowledge.h"
#include "match/rule_file.h"
#include "match/rule_set.h"

namespace handshaked::cli {

/// Rules and their texts as a verb needs them. Immutable once loaded.
struct KnowledgeBase {
  std::string directory;
  std::shared_ptr<const match::RuleSet> rules;
  match::Knowledge knowledge;
  std::vector<match::RuleProblem> problems;  ///< a base with any is not to be used
};

/// Loads what `find_rules(asked_for)` names. Problems are collected, not printed. `match` and
/// `scan` can do without the texts of causes or the compilation of every regex; `check` asks for
/// both.
enum class KnowledgeDepth { rules, rules_and_texts, all_compiled };
KnowledgeBase load_knowledge_base(const std::string& asked_for, KnowledgeDepth depth);

/// The same for a verb that cannot go on without: prints every problem on standard error and gives
/// nullopt; the verb ends with kExitConfiguration.
std::optional<KnowledgeBase> require_knowledge_base(const std::string& asked_for,
                                                    KnowledgeDepth depth);

}  // namespace handshaked::cli
