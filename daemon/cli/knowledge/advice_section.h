#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/language.h"
#include "cli/document/document.h"
#include "match/advice_facts.h"
#include "match/knowledge.h"

namespace handshaked::cli {

/// A candidate cause in the words of one language.
struct CandidateAdvice {
  std::string cause;
  double likelihood = 0;
  std::string meaning, tell_apart;
};

/// A cure or a dead end together with the cause that it belongs to; empty where the rule itself
/// says it.
struct CauseWorkaround {
  std::string cause;
  match::Workaround workaround;
};
struct CauseDeadEnd {
  std::string cause;
  match::DeadEnd dead_end;
};

/// What the knowledge base says about a rule's lines, likeliest cause first, each action once,
/// directives of the right family.
struct LineAdvice {
  std::string root_cause;
  std::vector<CandidateAdvice> candidates;
  std::vector<CauseWorkaround> workarounds;
  std::vector<CauseDeadEnd> dead_ends;
};

LineAdvice advice_about(const match::Rule& rule, const match::AdviceFacts& place,
                        const match::Knowledge& knowledge, Language language);

/// How much of it to show. A report about a whole log shows the best; `explain` shows all.
struct AdviceLimits {
  std::size_t candidates = 100, workarounds = 100, workarounds_per_cause = 100, dead_ends = 100;
};
inline constexpr AdviceLimits kBestAdvice{
    .candidates = 5, .workarounds = 5, .workarounds_per_cause = 2, .dead_ends = 4};

/// Writes the headings "Most likely", "What to do", "What not to try" with their lists; those
/// without content are left out. Returns how many cures and dead ends the limits hid.
std::size_t write_advice(Document& page, const LineAdvice& advice, const AdviceLimits& limits,
                         Language language);

}  // namespace handshaked::cli
