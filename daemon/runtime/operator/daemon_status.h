#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "correlate/correlator.h"
#include "notify/dispatcher.h"
#include "runtime/delivery/deliveries.h"
#include "runtime/files/log_sources.h"
#include "runtime/network/network_sources.h"
#include "runtime/operator/daemon_counters.h"
#include "runtime/service/rule_base.h"
#include "store/database/store_thread.h"
#include "store/outbox.h"
#include "telemetry/metrics.h"

namespace handshaked::runtime {

/// Takes the daemon's pulse: gathers the figures from whoever has them, and asks the database
/// whether it answers and can be written. One question is under way at a time, however many ask,
/// and a database that hangs makes nobody wait for longer than kPatience. Loop thread only; what it
/// borrows outlives it.
class DaemonStatus {
 public:
  struct Parts {
    const correlate::Correlator& correlator;
    const notify::Dispatcher& dispatcher;
    store::StoreThread& store;
    const Deliveries& deliveries;
    const LogSources& sources;
    const NetworkSources& network;
    const DaemonCounters& counters;
    std::function<const RuleBase&()> rules;
    std::function<std::vector<telemetry::QueueMetrics>()> queues;
    std::function<telemetry::GroupMetrics()> group;
    std::string host;
  };
  using Reply = std::function<void(const telemetry::Metrics&)>;
  static constexpr std::chrono::milliseconds kPatience{2000};

  DaemonStatus(boost::asio::io_context& loop, Parts parts);

  /// `reply` is called once, later.
  void ask(Reply reply);
  /// Nobody waits any longer.
  void stop();

 private:
  struct StoreAnswer {
    std::vector<store::ReceiverCounts> counts;
    std::string trouble;
  };

  void ask_store();
  void finish(bool answered);
  telemetry::Metrics figures() const;
  void add_incidents(telemetry::Metrics& into) const;
  void add_fleet(telemetry::Metrics& into) const;
  void add_receivers(telemetry::Metrics& into) const;
  void add_store(telemetry::Metrics& into) const;

  boost::asio::io_context& loop_;
  Parts parts_;
  boost::asio::steady_timer patience_;
  Time started_at_;
  std::vector<Reply> waiting_;
  bool is_asking_ = false;
  bool has_answered_ = true;
  bool is_stopped_ = false;
  StoreAnswer store_;  ///< its last answer
};

}  // namespace handshaked::runtime
