#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "match/literal_gate.h"
#include "match/regex_literals.h"
#include "match/rule.h"
#include "parse/error_record.h"

namespace re2 {
class RE2;
}

namespace handshaked::match {

/// What the regex of one rule has cost since the rules were loaded.
struct RuleCost {
  std::uint64_t confirmations = 0;  ///< how often it was asked
  double seconds = 0;               ///< that this took: every sixteenth time is measured, and stands for all
};

/// The compiled knowledge base: which rule does a record belong to? Immutable and shared by all readers; a reload makes a new
/// one. Rules are compiled when their literals are first met, which is safe from any thread: of thousands of rules a log
/// needs a few dozen.
class RuleSet {
 public:
  /// Rules as load_rules() gives them.
  explicit RuleSet(std::vector<Rule> rules);
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  const std::vector<Rule>& rules() const { return rules_; }  ///< in order of precedence: the more specific first
  const LiteralGate& gate() const { return *gate_; }
  std::size_t specificity(std::size_t rule) const { return literals_[rule].specificity; }
  const RegexLiterals& literals(std::size_t rule) const { return literals_[rule]; }

  /// Indices of all rules whose regex matches `text`, in order of precedence, whatever their other constraints.
  void find_by_text(std::string_view text, std::vector<std::uint32_t>& found) const;

  /// Do the constraints besides the regex (contexts, actions, schemes, request) hold?
  bool constraints_hold(const Rule& rule, const parse::ErrorRecord& record) const;

  /// From any thread.
  RuleCost cost(std::size_t rule) const;

  /// Compiles every rule now. Returns what RE2 says about the ones that it refuses: "id: reason".
  std::vector<std::string> compile_all() const;

 private:
  struct Compiled;
  const re2::RE2& compiled(std::size_t rule) const;
  void index_literals();
  bool regex_matches(std::size_t rule, std::string_view text) const;

  std::vector<Rule> rules_;
  std::vector<RegexLiterals> literals_;
  std::unique_ptr<LiteralGate> gate_;
  std::unique_ptr<Compiled[]> compiled_;
  /// Four bytes of a literal that a rule requires -> the rules that are worth a try when a text contains them.
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> by_window_;
  std::vector<std::uint64_t> window_filter_;      ///< a Bloom filter over the keys of by_window_
  std::vector<std::uint32_t> always_candidates_;  ///< rules without a usable literal
};

/// Matches records for one reader: remembers what it has already decided, since a storm repeats a few texts endlessly.
/// Not shared between threads.
class Matcher {
 public:
  explicit Matcher(std::shared_ptr<const RuleSet> rules) : rules_(std::move(rules)), memory_(kRemembered) {}

  /// The rule that wins `record`, or nullptr.
  const Rule* match(const parse::ErrorRecord& record);
  const RuleSet& rules() const { return *rules_; }

 private:
  static constexpr std::size_t kRemembered = 2048;
  static constexpr std::size_t kLongestRemembered = 512;
  struct Remembered {
    std::string text;
    std::vector<std::uint32_t> found;
    bool used = false;
  };

  std::shared_ptr<const RuleSet> rules_;
  std::vector<Remembered> memory_;
  std::vector<std::uint32_t> scratch_;
};

}  // namespace handshaked::match
