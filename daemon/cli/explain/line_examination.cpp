#include "cli/explain/line_examination.h"

#include <algorithm>

#include "analysis.h"
#include "base/text/joined.h"
#include "cli/log/shown_incidents.h"
#include "correlate/failure_fold.h"
#include "event/incident_event.h"

namespace handshaked::cli {
namespace {

/// Asks the rule set itself, one kind of constraint at a time, so that what is explained is what is
/// decided.
std::vector<UnmetConstraint> unmet_constraints(const match::RuleSet& rules, const match::Rule& rule,
                                               const parse::ErrorRecord& record) {
  match::Rule bare = rule;
  bare.contexts.clear();
  bare.actions.clear();
  bare.upstream_schemes.clear();
  bare.request_prefixes.clear();
  std::vector<UnmetConstraint> unmet;
  const auto ask = [&](auto match::Rule::*list, std::string name, std::string found,
                       const auto& text_of) {
    match::Rule one = bare;
    one.*list = rule.*list;
    if (!rules.constraints_hold(one, record))
      unmet.push_back({std::move(name), joined(rule.*list, ", ", text_of), std::move(found)});
  };
  ask(&match::Rule::contexts, "contexts", std::string(parse::to_string(record.side)),
      [](parse::Side side) { return parse::to_string(side); });
  ask(&match::Rule::actions, "actions", std::string(record.action), std::identity());
  ask(&match::Rule::upstream_schemes, "upstream_schemes",
      std::string(parse::upstream_scheme(record)), std::identity());
  ask(&match::Rule::request_prefixes, "request_prefix", std::string(record.request.substr(0, 80)),
      std::identity());
  return unmet;
}

/// Keeps what the analysis said about the line, and folds it as the daemon would.
class VerdictHandler : public FailureHandler {
 public:
  explicit VerdictHandler(std::shared_ptr<const match::RuleSet> rules)
      : fold_(std::move(rules), "explain") {
    fold_.set_time_fallback(wall_clock_now());
  }

  void on_failure(const match::RecognisedLine& failure) override {
    seen_ = true;
    trusted_ = failure.trusted;
    fold_.on_failure(failure);
  }
  bool seen() const { return seen_; }
  bool trusted() const { return trusted_; }
  correlate::FailureBatch take() { return fold_.take(); }

 private:
  correlate::FailureFold fold_;
  bool seen_ = false;
  bool trusted_ = false;
};

}  // namespace

LineExamination::LineExamination(std::string line, const KnowledgeBase& base, parse::TimeZone zone)
    : line_(std::move(line)), base_(base), reader_(base.rules) {
  winner_ = reader_.read(line_);
  record_ = &reader_.record();
  parse::read_tls_detail(*record_, tls_);
  if (!record_->envelope_time.empty()) time_ = parse::parse_rfc3339(record_->envelope_time);
  if (!time_ && record_->time.year != 0) time_ = zone.resolve(record_->time);
  if (record_->level != parse::Level::debug) try_rules(*base.rules);
  if (winner_ != nullptr) run_analysis(base, zone);
}

void LineExamination::try_rules(const match::RuleSet& rules) {
  std::vector<std::uint32_t> found;
  rules.find_by_text(record_->text, found);
  for (const std::uint32_t index : found) {
    const match::Rule& rule = rules.rules()[index];
    RuleTrial trial{
        .rule = &rule, .specificity = rules.specificity(index), .wins = false, .unmet = {}};
    if (!rules.constraints_hold(rule, *record_))
      trial.unmet = unmet_constraints(rules, rule, *record_);
    trial.wins = &rule == winner_;
    trials_.push_back(std::move(trial));
  }
}

void LineExamination::run_analysis(const KnowledgeBase& base, const parse::TimeZone& zone) {
  LineAnalysis analysis(base.rules, zone);
  VerdictHandler verdict(base.rules);
  analysis.consume({.bytes = line_, .before = {}, .offset = {}}, verdict);
  forged_ = !verdict.seen();
  if (record_->form == parse::Form::bare) doubts_.push_back(Doubt::no_header);
  if (record_->ambiguous) doubts_.push_back(Doubt::ambiguous);
  if (record_->foreign_tail && !record_->ambiguous) doubts_.push_back(Doubt::foreign_tail);
  if (winner_->needs_configuration) doubts_.push_back(Doubt::needs_configuration);
  if (winner_->imported) doubts_.push_back(Doubt::imported);
  if (!verdict.trusted() && doubts_.empty()) doubts_.push_back(Doubt::provenance);

  incident_ = incident_of_line(verdict.take(), time_ ? time_->utc : wall_clock_now());
  if (incident_) fingerprint_ = incident_->fingerprint;
}

std::string LineExamination::notification(Language language) const {
  if (!incident_ || incident_->noise) return {};
  const event::RemediationEvent event = event::make_event(
      event::EventKind::opened, *incident_, winner_, base_.knowledge, incident_->opened_at,
      {.host = "localhost", .language = language, .show_clients = false});
  return event.summary;
}

}  // namespace handshaked::cli
