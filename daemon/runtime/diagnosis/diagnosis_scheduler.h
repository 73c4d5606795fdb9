#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "correlate/diagnosis_note.h"
#include "correlate/incident.h"
#include "runtime/diagnosis/fix_rates.h"
#include "runtime/diagnosis/nginx_view.h"
#include "runtime/service/rule_base.h"
#include "telemetry/histogram.h"

namespace handshaked::runtime {

struct DiagnosisSchedulerOptions {
  std::string host;  ///< lines of other hosts are never judged by this host's configuration
  bool may_probe = true;
  bool may_read_keys = false;
  std::chrono::milliseconds time_limit{15000};
  std::chrono::milliseconds probe_interval{30000};
  std::chrono::milliseconds probe_interval_most{30 * 60 * 1000};
  std::size_t threads =
      4;  ///< diagnoses at once: each waits most of the time, for its children and for the peer
  // What is measured, if somebody wants to know; called and added to from the scheduler's threads.
  telemetry::Histogram* diagnosis_seconds = nullptr;
  telemetry::Histogram* round_seconds = nullptr;  ///< of looks whether an incident is over
  std::function<void()> on_handshake = {};        ///< before each handshake with a peer
};

/// Takes incidents to be diagnosed, and looks again whether they are over. What is slow (reading
/// configurations, probing, replaying) happens on a few threads of its own; calls and answers are
/// the loop thread's. Bounded: kMaxIncidents are looked after, the oldest are forgotten first;
/// every peer is probed at growing intervals with jitter, sooner when nginx has read its
/// configuration anew.
class DiagnosisScheduler {
 public:
  struct Answers {
    /// nullptr: nothing was found out beyond what the line says.
    std::function<void(const std::string& incident_id,
                       std::shared_ptr<const correlate::DiagnosisNote> note)>
        diagnosed;
    std::function<void(const std::string& incident_id, const correlate::ProbeRound& round)> probed;
    /// It was asked for, and nobody can look (any more).
    std::function<void(const std::string& incident_id)> unprobed;
    /// A fix that we proposed was made, and the first probe under the new configuration passed or
    /// failed.
    std::function<void(const std::string& cause, const std::string& fix_id, bool has_worked)>
        fix_made;
  };

  DiagnosisScheduler(boost::asio::any_io_executor loop, DiagnosisSchedulerOptions options,
                     std::shared_ptr<NginxView> nginx, Answers answers);
  /// Waits for what is under way: at most the time limit of a diagnosis.
  ~DiagnosisScheduler();

  void use_rules(std::shared_ptr<const RuleBase> base);
  /// What was learnt about fixes so far.
  void use_rates(FixRates rates);
  /// An incident that has opened or opened again. True: an answer will come.
  bool request(const correlate::Incident& incident);
  /// One that was open and diagnosed when the daemon stopped: it is looked at on, and diagnosed
  /// again when what is seen differs.
  bool resume(const correlate::Incident& incident);
  /// A fault of transport that is not yet an incident: it is not diagnosed, but probed after one
  /// interval (backends restart); a failure makes it one.
  void watch(const correlate::Incident& incident);
  /// Quiet would end it, and no probe has passed: looks at once, if the incident is looked after.
  /// False: it is not, or cannot be probed.
  bool probe_soon(const std::string& incident_id);
  /// Rounds of probes come for an incident that was taken.
  bool may_probe(const correlate::Incident& incident) const;
  /// It has grown. When its newest line says something else (another name, another peer's fault),
  /// it is diagnosed again by that line.
  void hear(const correlate::Incident& incident);
  /// It is over: no more probes.
  void forget(const std::string& incident_id);
  /// No more answers come afterwards.
  void stop();

  static constexpr std::size_t kMaxIncidents = 2000;

 private:
  class Work;
  std::shared_ptr<Work> work_;
};

}  // namespace handshaked::runtime
