#include "runtime/diagnosis/incident_examiner.h"

#include "base/clock.h"
#include "diagnose/diagnoser.h"
#include "diagnose/host/nginx_at_hand.h"
#include "diagnose/upstream/upstream_case.h"
#include "runtime/diagnosis/diagnosis_scheduler.h"

namespace handshaked::runtime {
namespace {

using diagnose::Symptom;

/// nginx may be reloaded while it is looked at: then what was found belongs to nothing.
constexpr int kMostLooks = 3;
/// A look costs a system call for each file. In a storm the look before a diagnosis is shared; the
/// one after it never is older than its end.
constexpr std::chrono::milliseconds kSharedLook{50};
constexpr std::size_t kProbesOfOneDiagnosis = 16;

}  // namespace

template <class Do>
auto IncidentExaminer::with_surroundings(const telemetry::LogAbout& whose, const NginxState& state,
                                         Do&& do_it) const
    -> decltype(do_it(std::declval<const diagnose::Surroundings&>())) {
  diagnose::ProberOptions options;
  options.scope = options_.may_probe ? diagnose::ProbeScope::frugal : diagnose::ProbeScope::none;
  options.deadline = std::chrono::steady_clock::now() + options_.time_limit;
  options.most_probes = kProbesOfOneDiagnosis;
  telemetry::LogAbout about = whose;
  about.id = telemetry::message_id::probe;
  about.is_record = true;
  options.on_probe = [this, about](const std::string& probe) {
    telemetry::log_info(probe, about);
    if (options_.on_handshake) options_.on_handshake();
  };
  diagnose::Prober prober(state.policy, std::move(options));
  return do_it(surroundings_of(state.nginx, state.ca_store, prober, options_.may_read_keys));
}

std::pair<std::shared_ptr<const NginxState>, std::shared_ptr<const diagnose::Diagnosis>>
IncidentExaminer::diagnose(const telemetry::LogAbout& whose, const Symptom& symptom,
                           const RuleBase& base, const FixRates& rates) const {
  for (int look = 1;; ++look) {
    const auto state = nginx_->refresh(kSharedLook);
    auto diagnosis = diagnose_under(*state, whose, symptom, base, rates);
    if (look == kMostLooks || nginx_->refresh() == state) return {state, std::move(diagnosis)};
  }
}

std::shared_ptr<const diagnose::Diagnosis> IncidentExaminer::diagnose_under(
    const NginxState& state, const telemetry::LogAbout& whose, const Symptom& symptom,
    const RuleBase& base, const FixRates& rates) const {
  const telemetry::TimeTaken taken(options_.diagnosis_seconds);
  diagnose::Diagnosis diagnosis =
      with_surroundings(whose, state, [&](const diagnose::Surroundings& surroundings) {
        return diagnose::diagnose(symptom, surroundings, base.knowledge);
      });
  if (diagnosis.cause.empty()) return nullptr;
  rates.update(diagnosis);
  return std::make_shared<const diagnose::Diagnosis>(std::move(diagnosis));
}

PeerLook IncidentExaminer::look_at(const telemetry::LogAbout& whose, const Symptom& symptom,
                                   const RuleBase& base) const {
  if (symptom.side != parse::Side::upstream) return {};
  const telemetry::TimeTaken taken(options_.round_seconds);
  for (int looks = 1;; ++looks) {
    PeerLook look = look_under(nginx_->refresh(kSharedLook), whose, symptom, base);
    const bool is_same = nginx_->refresh() == look.nginx;
    if (!is_same && looks < kMostLooks) continue;
    look.is_unsettled = !is_same || !look.nginx->is_settled(wall_clock_now());
    // What is in the files passes, and what nginx holds does not, or may not: it is not over
    // before the reload.
    if (look.passes && (look.is_unsettled || nginx_->awaits_reload())) look.round.reset();
    return look;
  }
}

PeerLook IncidentExaminer::look_under(std::shared_ptr<const NginxState> state,
                                      const telemetry::LogAbout& whose, const Symptom& symptom,
                                      const RuleBase& base) const {
  PeerLook look{.nginx = std::move(state)};
  with_surroundings(whose, *look.nginx, [&](const diagnose::Surroundings& surroundings) {
    if (surroundings.nginx == nullptr) return;
    const auto opened = diagnose::UpstreamCase::open(symptom, surroundings, base.knowledge);
    if (!opened) return;
    const diagnose::UpstreamVerdict& now = opened.value()->now();
    if (now.stage == diagnose::UpstreamStage::untested) return;
    look.passes = now.passes();
    look.verdict = diagnose::would_log(now);
    look.round = correlate::ProbeRound{
        .at = surroundings.now,
        .every_peer_passed = now.passes(),
        .every_peer_failed = !now.passes() && opened.value()->all_other_members_fail()};
  });
  return look;
}

}  // namespace handshaked::runtime
