#include "runtime/diagnosis/incident_diagnosis.h"

#include <utility>

#include "runtime/service/stage_options.h"
#include "store/fix_outcomes.h"
#include "telemetry/log.h"

namespace handshaked::runtime {

using telemetry::log_info;
using telemetry::log_warning;

IncidentDiagnosis::IncidentDiagnosis(boost::asio::any_io_executor loop,
                                     const config::Config& config, std::shared_ptr<NginxView> nginx,
                                     std::shared_ptr<const RuleBase> base,
                                     correlate::Correlator& correlator, store::StoreThread& store,
                                     DaemonCounters& counters, std::function<void()> answered)
    : correlator_(correlator),
      store_(store),
      counters_(counters),
      answered_(std::move(answered)),
      group_wait_(config.group_wait) {
  if (!config.diagnosis.enabled) return;
  DiagnosisSchedulerOptions options = diagnosis_scheduler_options(config);
  options.diagnosis_seconds = &counters.diagnosis_seconds;
  options.round_seconds = &counters.round_seconds;
  options.on_handshake = [&counters] { ++counters.handshakes; };
  scheduler_.emplace(
      std::move(loop), std::move(options), std::move(nginx),
      DiagnosisScheduler::Answers{
          .diagnosed = [this](const std::string& incident,
                              auto note) { take_diagnosis(incident, std::move(note)); },
          .probed = [this](const std::string& incident,
                           const correlate::ProbeRound& round) { take_probes(incident, round); },
          .unprobed = [this](const std::string& incident) { take_nothing(incident); },
          .fix_made = [this](const std::string& cause, const std::string& fix,
                             bool has_worked) { count_fix(cause, fix, has_worked); }});
  scheduler_->use_rules(std::move(base));
  load_rates();
}

void IncidentDiagnosis::load_rates() {
  auto rows =
      store_.call([](store::Database& database) { return store::FixOutcomes(database).load(); })
          .get();
  if (!rows) {
    log_warning("earlier outcomes of fixes are not known: " + rows.error().message());
    return;
  }
  for (const store::FixOutcomeRow& row : rows.value())
    rates_.count(row.cause, row.fix_id, {row.worked, row.failed});
  scheduler_->use_rates(rates_);
}

void IncidentDiagnosis::use_rules(std::shared_ptr<const RuleBase> base) {
  if (scheduler_) scheduler_->use_rules(std::move(base));
}

void IncidentDiagnosis::ask(const std::vector<correlate::IncidentChange>& changes, Time now) {
  using What = correlate::IncidentChange::What;
  for (const correlate::IncidentChange& change : changes) {
    if (change.what == What::quiet) ask_again(*change.incident, now);
  }
  if (!scheduler_) return;
  for (const correlate::IncidentChange& change : changes) {
    const correlate::Incident& incident = *change.incident;
    if (change.what == What::resolved) scheduler_->forget(incident.id.text());
    const bool may_pass = incident.status == correlate::Status::pending &&
                          incident.kind == match::Kind::transport && !incident.noise;
    if (change.what == What::changed && may_pass) scheduler_->watch(incident);
    if (change.what == What::changed) scheduler_->hear(incident);
    if ((change.what != What::opened && change.what != What::reopened) || !incident.is_told())
      continue;
    ask_for(incident, now);
  }
}

void IncidentDiagnosis::resume(Time now) {
  if (!scheduler_) return;
  for (const correlate::Incident* const incident :
       correlator_.incidents()) {  // the worst first, should there be too many
    const bool may_pass = incident->status == correlate::Status::pending &&
                          incident->kind == match::Kind::transport && !incident->noise;
    if (may_pass) scheduler_->watch(*incident);
    if (!incident->is_told() || incident->fleet) continue;
    if (!incident->diagnosis) ask_for(*incident, now);
    else if (scheduler_->resume(*incident) && scheduler_->may_probe(*incident))
      correlator_.expect_probes(incident->id.text());
  }
}

void IncidentDiagnosis::ask_for(const correlate::Incident& incident, Time now) {
  if (incident.fleet || !scheduler_->request(incident)) return;  // edges look for themselves
  correlator_.expect_diagnosis(incident.id.text(), now + group_wait_);
  if (scheduler_->may_probe(incident)) correlator_.expect_probes(incident.id.text());
}

/// Quiet alone proves nothing where somebody can look.
void IncidentDiagnosis::ask_again(const correlate::Incident& incident, Time now) {
  if (incident.probe_failed_at)
    log_info(incident.id + ": quiet, still failing; it stays open, and the peer is asked again",
             {.incident = incident.id.text(), .rule = incident.rule_id});
  if (scheduler_ && scheduler_->probe_soon(incident.id.text())) return;
  if (scheduler_ && scheduler_->may_probe(incident) && scheduler_->request(incident))
    correlator_.expect_diagnosis(incident.id.text(), now + group_wait_);
  else correlator_.note_unprobed(incident.id.text());
}

void IncidentDiagnosis::stop() {
  if (scheduler_) scheduler_->stop();
}

void IncidentDiagnosis::take_diagnosis(const std::string& incident,
                                       std::shared_ptr<const correlate::DiagnosisNote> note) {
  ++(note ? counters_.diagnoses_found : counters_.diagnoses_empty);
  if (!note) {
    correlator_.give_up_diagnosis(incident);
  } else if (const auto attached =
                 correlator_.attach_diagnosis(incident, std::move(note), wall_clock_now());
             !attached) {
    log_warning("the diagnosis of " + incident + " is left out: " + attached.error().message(),
                {.incident = incident});
    correlator_.give_up_diagnosis(incident);
  }
  answered_();
}

void IncidentDiagnosis::take_probes(const std::string& incident,
                                    const correlate::ProbeRound& round) {
  ++(round.every_peer_passed ? counters_.rounds_passed : counters_.rounds_failed);
  correlator_.note_probes(incident, round, wall_clock_now());
  answered_();
}

void IncidentDiagnosis::take_nothing(const std::string& incident) {
  correlator_.note_unprobed(incident);
  answered_();
}

/// What this installation has learnt counts from the next diagnosis on, and after a restart.
void IncidentDiagnosis::count_fix(const std::string& cause, const std::string& fix,
                                  bool has_worked) {
  log_info("the fix " + fix + " was made against " + cause +
           (has_worked ? ", and it works" : ", and it still fails"));
  rates_.count(cause, fix, {.worked = has_worked ? 1U : 0U, .failed = has_worked ? 0U : 1U});
  scheduler_->use_rates(rates_);
  const bool is_posted = store_.post([cause, fix, has_worked](store::Database& database) {
    if (const auto counted = store::FixOutcomes(database).count(cause, fix, has_worked); !counted)
      log_warning(counted.error().message());
  });
  if (!is_posted)
    log_warning("the outcome of the fix is not recorded: the store accepts no more work");
}

}  // namespace handshaked::runtime
