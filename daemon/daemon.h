#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "base/result.h"
#include "config/config.h"
#include "control/control_server.h"
#include "correlate/correlator.h"
#include "notify/dispatcher.h"
#include "runtime/delivery/deliveries.h"
#include "runtime/delivery/edge_description.h"
#include "runtime/delivery/incident_commit.h"
#include "runtime/delivery/restored_state.h"
#include "runtime/diagnosis/calendar.h"
#include "runtime/diagnosis/incident_diagnosis.h"
#include "runtime/files/log_discovery.h"
#include "runtime/files/log_sources.h"
#include "runtime/group/group_worker.h"
#include "runtime/network/network_sources.h"
#include "runtime/operator/daemon_counters.h"
#include "runtime/operator/daemon_status.h"
#include "runtime/operator/operator_requests.h"
#include "runtime/operator/page_api.h"
#include "runtime/operator/rate_book.h"
#include "runtime/service/housekeeping.h"
#include "runtime/service/rule_base.h"
#include "store/database/store_thread.h"
#include "web/web_front.h"

namespace handshaked {

/// Where the configuration came from, and comes from at a reload.
struct ConfigFile {
  std::string path;
  bool must_exist = false;

  /// What commands need to find this daemon: "-c FILE"; nothing at the default place.
  std::string command_options() const;
};

/// The stages, and how they are joined: daemon.cpp is the flow from a line to a delivered event,
/// daemon_operation.cpp what signals and operators ask for. All members are the loop thread's,
/// which is the one that calls run(), but for what stands between the stages.
class Daemon {
 public:
  Daemon(config::Config config, ConfigFile config_file, std::function<std::string()> find_rules,
         std::shared_ptr<const runtime::RuleBase> base, store::Database database,
         const runtime::GroupWorker* worker = nullptr);

  /// Builds what can fail: for reasons of the administrator's, or because of what passes by itself
  /// (a port in use, a busy database).
  Result<> prepare(bool from_start);
  /// Until a signal ends it. After prepare().
  void run();

 private:
  store::StoreThreadOptions store_options();

  // ---- before the first line
  // -------------------------------------------------------------------------------------------
  Result<> restore_incidents();
  void restore_edges();
  std::optional<std::string> find_cursor(const std::string& source) const;

  // ---- lines in, incidents out
  // -----------------------------------------------------------------------------------------
  void take_batches();
  void take_batch(runtime::ReadBatch batch);
  void take_network_batch(runtime::NetworkBatch batch);
  void complain_of_other_partitions(const receive::EdgeReport& report) const;
  /// What is due, as soon as the store has room for it.
  void advance();
  /// `committed`: of a sender who waits for an acknowledgement; may be empty.
  void advance(Time now, store::Commit commit, std::function<void(Result<>)> committed = {},
               bool is_urgent = false);
  void wait_for_deadline();
  void go_on_when_room();
  void keep_rates(std::vector<store::Rates::Row> rows);
  void submit_all_incidents();

  // ---- from outside
  // ----------------------------------------------------------------------------------------------------
  void wait_for_signals();
  /// What cannot be used leaves everything of its kind as it was.
  void reload();
  void reload_rules();
  /// Whom to tell, what and when, can change while we run; the rest is named, and waits for a
  /// restart.
  void reload_configuration();
  void use_configuration(config::Config config, const runtime::ToldBefore& before);
  void finish_reload();
  std::string what_it_follows() const;

  // ---- operators
  // -------------------------------------------------------------------------------------------------------
  /// Without its control socket the daemon does all that it is for: it says so, and goes on.
  void listen_to_operators();
  Result<> open_web();
  runtime::DaemonStatus::Parts parts();
  std::vector<telemetry::QueueMetrics> queues() const;

  // ---- the end: downstream, stage by stage
  // ------------------------------------------------------------------------------
  void stop();
  void stop_after_readers();
  void close_store();
  void end();

  std::jthread last_resort_;  ///< goes last: ends the process when a stop takes too long
  config::Config config_;
  ConfigFile config_file_;
  const runtime::GroupWorker* worker_;       ///< where this is a partition of a group
  std::function<std::string()> find_rules_;  ///< an update may have put others in force since
  std::shared_ptr<const runtime::RuleBase> base_;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer deadline_;
  correlate::Correlator correlator_;
  notify::Dispatcher dispatcher_;
  runtime::IncidentCommit incident_commit_;
  runtime::DaemonCounters counters_;
  store::StoreThread store_;
  std::shared_ptr<runtime::NginxView> nginx_;
  runtime::EdgeDescription edge_;
  runtime::Deliveries deliveries_;
  std::optional<runtime::OperatorRequests> operators_;
  std::optional<control::ControlServer> control_;
  std::optional<runtime::IncidentDiagnosis> diagnosis_;
  std::optional<runtime::Calendar> calendar_;
  BoundedQueue<runtime::ReadBatch> batches_;
  boost::asio::thread_pool readers_;
  runtime::Housekeeping housekeeping_;
  runtime::LogSources sources_;
  BoundedQueue<runtime::NetworkBatch> network_batches_;
  runtime::NetworkSources network_;
  std::optional<runtime::LogDiscovery> discovery_;
  runtime::DaemonStatus signs_;
  runtime::RateBook rates_;
  std::optional<runtime::PageApi> page_api_;
  std::optional<web::WebFront> web_;
  std::map<std::string, std::string, std::less<>>
      positions_;  ///< how far each source was read, by all that was submitted
  std::set<std::string> known_sources_;  ///< whose position was committed by this process
  std::jthread finished_readers_, closing_;
  bool stopping_ = false, waits_for_room_ = false;
  bool is_reloading_ = false, reloads_again_ = false;
};

}  // namespace handshaked
