#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/config.h"
#include "correlate/correlator.h"
#include "runtime/diagnosis/diagnosis_scheduler.h"
#include "runtime/diagnosis/fix_rates.h"
#include "runtime/operator/daemon_counters.h"
#include "runtime/service/rule_base.h"
#include "store/database/store_thread.h"

namespace handshaked::runtime {

/// Between the correlator and the diagnosis scheduler: which changes ask for a diagnosis, and what
/// becomes of the answers. What fixes did here is learnt, and kept in the store. Loop thread only;
/// what it borrows outlives it. Does nothing when diagnosis is switched off.
class IncidentDiagnosis {
 public:
  /// `answered`: an incident has changed, look at what is due. Waits for the store to say what
  /// fixes did before.
  IncidentDiagnosis(boost::asio::any_io_executor loop, const config::Config& config,
                    std::shared_ptr<NginxView> nginx, std::shared_ptr<const RuleBase> base,
                    correlate::Correlator& correlator, store::StoreThread& store,
                    DaemonCounters& counters, std::function<void()> answered);

  void use_rules(std::shared_ptr<const RuleBase> base);
  /// How long a notification waits for an answer.
  void use_group_wait(Duration group_wait) { group_wait_ = group_wait; }
  /// After a restart: what is open is looked at on.
  void resume(Time now);
  /// What has opened is diagnosed, what may pass is watched, what is over is forgotten.
  void ask(const std::vector<correlate::IncidentChange>& changes, Time now);
  /// No more answers come afterwards.
  void stop();

 private:
  void load_rates();
  void take_diagnosis(const std::string& incident,
                      std::shared_ptr<const correlate::DiagnosisNote> note);
  void take_probes(const std::string& incident, const correlate::ProbeRound& round);
  void take_nothing(const std::string& incident);
  void ask_for(const correlate::Incident& incident, Time now);
  void ask_again(const correlate::Incident& incident, Time now);
  void count_fix(const std::string& cause, const std::string& fix, bool has_worked);

  correlate::Correlator& correlator_;
  store::StoreThread& store_;
  DaemonCounters& counters_;
  std::function<void()> answered_;
  Duration group_wait_;
  FixRates rates_;
  std::optional<DiagnosisScheduler> scheduler_;
};

}  // namespace handshaked::runtime
