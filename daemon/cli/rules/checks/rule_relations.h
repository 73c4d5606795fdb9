#pragma once

#include <string>
#include <vector>

#include "base/language.h"
#include "match/rule.h"

namespace handshaked::cli {

/// What a rule's entry says about other rules and about itself beyond matching and advice.
struct RuleRelations {
  struct Confusion {
    std::string id, distinction;
  };
  std::vector<std::string> leads_to;
  std::vector<Confusion> confused_with;
  std::vector<std::string> sample_lines;
};

/// Read from `rule.json` when asked; fields that are missing or of another type are empty.
RuleRelations relations_of(const match::Rule& rule, Language language);

}  // namespace handshaked::cli
