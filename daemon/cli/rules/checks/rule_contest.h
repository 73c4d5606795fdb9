#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "line_reader.h"
#include "match/rule.h"
#include "match/rule_set.h"

namespace handshaked::cli {

/// A line that a rule's file gives as an example.
struct RuleSample {
  std::string line, origin;
};
/// The lines under `list` ("samples", "near_misses") of a rule's entry.
std::vector<RuleSample> lines_of(const match::Rule& rule, std::string_view list);

/// Which rule wins a line, and whether the victory is owed to the alphabet. One a thread.
class RuleContest {
 public:
  explicit RuleContest(std::shared_ptr<const match::RuleSet> rules)
      : rules_(rules), reader_(std::move(rules)) {}

  struct Verdict {
    const match::Rule* winner = nullptr;
    const match::Rule* equal = nullptr;  ///< matches the line, too, and is as specific as the
                                         ///< winner: only its id is greater
  };
  Verdict judge(std::string_view line);

 private:
  std::shared_ptr<const match::RuleSet> rules_;
  LineReader reader_;
  std::vector<std::uint32_t> found_;
};

}  // namespace handshaked::cli
