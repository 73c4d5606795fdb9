#pragma once

#include <memory>
#include <utility>

#include "diagnose/diagnosis.h"
#include "diagnose/symptom.h"
#include "runtime/diagnosis/diagnosis_case.h"
#include "runtime/diagnosis/fix_rates.h"
#include "runtime/diagnosis/nginx_view.h"
#include "runtime/service/rule_base.h"
#include "telemetry/log.h"

namespace handshaked::runtime {

struct DiagnosisSchedulerOptions;

/// Looks at nginx, its files and its peers for one incident: what is behind it, and whether it is
/// over. nginx may be reloaded meanwhile; then it is looked at again, a few times. Blocks for the
/// time limit of the options at most; any thread, several at once. Borrows the options.
class IncidentExaminer {
 public:
  IncidentExaminer(const DiagnosisSchedulerOptions& options, std::shared_ptr<NginxView> nginx)
      : options_(options), nginx_(std::move(nginx)) {}

  /// A diagnosis, and the nginx that it is true of. nullptr: nothing was found out beyond what the
  /// line says. `whose`: of whom the log says that a peer was probed.
  std::pair<std::shared_ptr<const NginxState>, std::shared_ptr<const diagnose::Diagnosis>> diagnose(
      const telemetry::LogAbout& whose, const diagnose::Symptom& symptom, const RuleBase& base,
      const FixRates& rates) const;
  /// Whether it still fails, by the files and the peers as they are now.
  PeerLook look_at(const telemetry::LogAbout& whose, const diagnose::Symptom& symptom,
                   const RuleBase& base) const;

 private:
  template <class Do>
  auto with_surroundings(const telemetry::LogAbout& whose, const NginxState& state,
                         Do&& do_it) const
      -> decltype(do_it(std::declval<const diagnose::Surroundings&>()));
  std::shared_ptr<const diagnose::Diagnosis> diagnose_under(const NginxState& state,
                                                            const telemetry::LogAbout& whose,
                                                            const diagnose::Symptom& symptom,
                                                            const RuleBase& base,
                                                            const FixRates& rates) const;
  PeerLook look_under(std::shared_ptr<const NginxState> state, const telemetry::LogAbout& whose,
                      const diagnose::Symptom& symptom, const RuleBase& base) const;

  const DiagnosisSchedulerOptions& options_;
  const std::shared_ptr<NginxView> nginx_;
};

}  // namespace handshaked::runtime
