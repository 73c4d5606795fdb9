#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/language.h"
#include "cli/knowledge/knowledge_base.h"
#include "correlate/incident.h"
#include "line_reader.h"
#include "match/rule_set.h"
#include "parse/openssl_error.h"
#include "parse/time_zone.h"

namespace handshaked::cli {

/// A constraint of a rule that a line does not meet: "actions" wants "SSL handshaking", the line
/// has "keepalive".
struct UnmetConstraint {
  std::string name, wanted, found;
};

/// One rule whose regex matches the line's text.
struct RuleTrial {
  const match::Rule* rule = nullptr;
  std::size_t specificity = 0;  ///< literal bytes that its regex requires
  bool wins = false;
  std::vector<UnmetConstraint> unmet;
};

/// Why a match is not taken as evidence.
enum class Doubt { no_header, ambiguous, foreign_tail, needs_configuration, imported, provenance };

/// One line, looked at as the analysis would, with everything that it decides on the way. Owns the
/// line that its views point into, so it stays where it was made.
class LineExamination {
 public:
  LineExamination(std::string line, const KnowledgeBase& base, parse::TimeZone zone);
  LineExamination(const LineExamination&) = delete;
  LineExamination& operator=(const LineExamination&) = delete;

  const std::string& line() const { return line_; }
  const parse::ErrorRecord& record() const { return *record_; }
  const parse::TlsDetail& tls() const { return tls_; }
  const std::optional<parse::ZonedTime>& time() const { return time_; }
  /// In order of precedence.
  const std::vector<RuleTrial>& trials() const { return trials_; }
  const match::Rule* winner() const { return winner_; }
  /// On whose side the line was written: as the winner says, if there is one.
  parse::Side side() const {
    return winner_ != nullptr ? match::side_of(*winner_, *record_) : record_->side;
  }
  const std::vector<Doubt>& doubts() const { return doubts_; }
  bool trusted() const { return winner_ != nullptr && doubts_.empty(); }
  /// The analysis drops the line: a stranger's text.
  bool forged() const { return forged_; }
  /// Of the incident that it belongs to; empty when it opens none.
  const std::string& fingerprint() const { return fingerprint_; }
  /// The incident that it would open; nullptr when it opens none.
  const correlate::Incident* incident() const { return incident_ ? &*incident_ : nullptr; }
  /// The notification in one line, if one would go out.
  std::string notification(Language language) const;

 private:
  void try_rules(const match::RuleSet& rules);
  void run_analysis(const KnowledgeBase& base, const parse::TimeZone& zone);

  std::string line_;
  const KnowledgeBase& base_;
  LineReader reader_;
  const parse::ErrorRecord* record_ = nullptr;
  parse::TlsDetail tls_;
  std::optional<parse::ZonedTime> time_;
  std::vector<RuleTrial> trials_;
  const match::Rule* winner_ = nullptr;
  std::vector<Doubt> doubts_;
  bool forged_ = false;
  std::string fingerprint_;
  std::optional<correlate::Incident> incident_;
};

}  // namespace handshaked::cli
