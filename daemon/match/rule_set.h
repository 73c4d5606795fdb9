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
#include "parse/openssl_error.h"

namespace re2 {
class RE2;
}

namespace handshaked::match {

/// What the regex of one rule has cost since the rules were loaded.
struct RuleCost {
  std::uint64_t confirmations = 0;  ///< how often it was asked
  double seconds = 0;  ///< that this took: every sixteenth time is measured, and stands for all
};

/// Where inside a text the message of a rule begins.
struct MessagePlace {
  std::uint32_t rule = 0;
  std::size_t at = 0;
};

/// The compiled knowledge base: which rule does a record belong to? Immutable and shared by all
/// readers; a reload makes a new one. Rules are compiled when their literals are first met, which
/// is safe from any thread: of thousands of rules a log needs a few dozen.
class RuleSet {
 public:
  /// Rules as load_rules() gives them.
  explicit RuleSet(std::vector<Rule> rules);
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  const std::vector<Rule>& rules() const {
    return rules_;
  }  ///< in order of precedence: the more specific first
  const LiteralGate& gate() const { return *gate_; }
  std::size_t specificity(std::size_t rule) const { return literals_[rule].specificity; }
  const RegexLiterals& literals(std::size_t rule) const { return literals_[rule]; }

  /// Indices of all rules whose regex matches `text`, in order of precedence, whatever their other
  /// constraints.
  void find_by_text(std::string_view text, std::vector<std::uint32_t>& found) const;

  /// The rules that find_by_text() would ask RE2 about, in order of precedence: what they require
  /// stands in `text`.
  void find_candidates(std::string_view text, std::vector<std::uint32_t>& found) const;
  bool regex_matches(std::size_t rule, std::string_view text) const;

  /// The rules whose regex matches somewhere inside `text`, in order of precedence, each where it
  /// first does. For lines of which nobody knows where the message begins.
  void find_inside(std::string_view text, std::vector<MessagePlace>& found) const;

  /// Does `rule` come before `other` in the order of precedence? Both are of this set.
  bool is_before(const Rule& rule, const Rule& other) const { return &rule < &other; }

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
  bool literals_hold(std::size_t rule, std::string_view text) const;

  std::vector<Rule> rules_;
  std::vector<RegexLiterals> literals_;
  std::unique_ptr<LiteralGate> gate_;
  std::unique_ptr<Compiled[]> compiled_;
  /// Four bytes of a literal that a rule requires -> the rules that are worth a try when a text
  /// contains them.
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> by_window_;
  std::vector<std::uint64_t> window_filter_;      ///< a Bloom filter over the keys of by_window_
  std::vector<std::uint32_t> always_candidates_;  ///< rules without a usable literal
};

/// Matches records for one reader: remembers what it has already decided for a text, since a storm
/// repeats few. Not shared between threads.
class Matcher {
 public:
  explicit Matcher(std::shared_ptr<const RuleSet> rules)
      : rules_(std::move(rules)), memory_(kRemembered) {}

  /// The rule that wins `record`, or nullptr.
  const Rule* match(const parse::ErrorRecord& record);
  /// What the record that was matched last says about TLS; valid until the next match().
  const parse::TlsDetail& tls_detail(const parse::ErrorRecord& record);
  const RuleSet& rules() const { return *rules_; }

 private:
  static constexpr std::size_t kRemembered = 2048;  ///< texts, two with each hash
  static constexpr std::size_t kLongestRemembered = 512;
  enum class Verdict : std::uint8_t { unknown, matches, differs };
  struct Candidate {
    std::uint32_t rule = 0;
    Verdict verdict = Verdict::unknown;  ///< of its regex: RE2 is asked when a record comes that
                                         ///< has all else that the rule wants
  };
  struct Remembered {
    std::string text;
    std::vector<Candidate> candidates;
    parse::TlsDetail tls;  ///< borrows from `text`
    bool has_tls = false;
  };
  enum class Wanted : std::uint8_t { any, of_start, of_guessed_side, last_resort };
  const Rule* first_match(const parse::ErrorRecord& record, Wanted wanted);
  Remembered& remember(std::string_view text);
  void find_candidates(std::string_view text, Remembered& remembered);

  std::shared_ptr<const RuleSet> rules_;
  std::vector<std::unique_ptr<Remembered>> memory_;
  Remembered passing_;  ///< for texts that are too long to be remembered
  Remembered* last_ = &passing_;
  std::vector<std::uint32_t> scratch_;
};

}  // namespace handshaked::match
