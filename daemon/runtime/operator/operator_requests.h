#pragma once

#include <functional>
#include <string>
#include <vector>

#include "control/control_server.h"
#include "correlate/correlator.h"
#include "notify/dispatcher.h"
#include "runtime/operator/incident_query.h"
#include "runtime/service/rule_base.h"
#include "store/database/store_thread.h"
#include "telemetry/metrics.h"

namespace handshaked::runtime {

/// Answers operators: what the verbs `status`, `incidents`, `silence` and `deliveries` ask over the
/// control socket. daemon/control/ has the form of requests; README.md there lists the verbs. Loop
/// thread only; what the database has to say comes later.
class OperatorRequests {
 public:
  /// What it needs of the daemon around it.
  struct Daemon {
    std::function<void()>
        incidents_changed;  ///< an incident or a silence changed: look at what is due
    std::function<void()> deliveries_changed;  ///< some are gone
    /// Somebody says that the receiver is there again (empty: all are): what waits is sent now.
    /// False: there is no such receiver.
    std::function<bool(const std::string& receiver)> try_receiver;
    std::function<void(std::function<void(const telemetry::Metrics&)>)>
        ask_figures;  ///< answered later, on the loop thread
    std::function<void(const IncidentQuery&,
                       std::function<void(unsigned status, std::string json)>)>
        ask_page;
    std::function<const RuleBase&()> rules;
    std::function<void(std::function<void()>)> on_loop;  ///< runs it on the loop thread
    std::string host = {};             ///< whose lines are judged by the configuration here
    std::string command_options = {};  ///< see event::EventOptions
  };

  OperatorRequests(correlate::Correlator& correlator, notify::Dispatcher& dispatcher,
                   store::StoreThread& store, Daemon daemon);

  void take(control::ControlRequest request, control::ControlServer::Reply reply);

 private:
  using Request = control::ControlRequest;
  using Reply = control::ControlServer::Reply;
  using Answer = control::ControlAnswer;

  static constexpr std::size_t kMostListed = 1000;
  /// How many rows a request wants.
  static std::size_t limit_of(const Request& request);

  void status(Reply reply);
  void list_incidents(const Request& request, Reply reply);
  void page_of_incidents(const Request& request, Reply reply);
  void show_incident(const Request& request, Reply reply);
  Answer resolve_incident(const Request& request);
  Answer note_incident(const Request& request);
  void add_silence(const Request& request, Reply reply);
  Answer list_silences(const Request& request) const;
  void expire_silence(const Request& request, Reply reply);
  void keep_silence(const notify::Silence& silence, Reply reply);
  Answer find_by_fingerprint(const Request& request) const;
  void list_deliveries(const Request& request, Reply reply);
  void show_delivery(const Request& request, Reply reply);
  void retry_deliveries(const Request& request, Reply reply);
  void discard_deliveries(const Request& request, Reply reply);
  Answer try_receiver(const Request& request);
  std::string incident_json(const correlate::Incident& incident, Language language) const;
  /// The live incidents whose id or fingerprint begins so; one alone when it is named in full.
  std::vector<const correlate::Incident*> live_named(const std::string& beginning) const;
  void show_stored(const std::string& beginning, std::vector<correlate::Incident> live,
                   Language language, Reply reply);
  /// The one live incident that is meant, or why there is none.
  Result<std::string> the_live_incident(const Request& request, Answer& refusal) const;
  /// Runs `body` on the store thread, and `reply` on the loop with what it gives.
  void ask_store(std::function<Answer(store::Database&)> body, Reply reply);

  correlate::Correlator& correlator_;
  notify::Dispatcher& dispatcher_;
  store::StoreThread& store_;
  Daemon daemon_;
};

}  // namespace handshaked::runtime
