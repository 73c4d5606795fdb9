#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/receiver.h"
#include "emit/delivery_worker.h"
#include "emit/edge_notifier.h"
#include "runtime/delivery/store_outbox.h"
#include "store/database/store_thread.h"
#include "telemetry/metrics.h"

namespace handshaked::runtime {

/// All receivers, each with the delivery that serves it from the outbox. Loop thread only; what it
/// borrows outlives it.
class Deliveries {
 public:
  /// `describe`: what a central daemon is told of this host.
  Deliveries(boost::asio::io_context& loop, store::StoreThread& store, std::string host,
             emit::DescribeEdge describe)
      : loop_(loop),
        outbox_(store),
        store_(store),
        host_(std::move(host)),
        describe_(std::move(describe)) {}

  /// Before start(), or instead of those that were used: those finish what is under way, within
  /// kGrace, and their successors begin then, with secrets and certificates as they are now. Fails
  /// with the receiver's name when its secrets, template or certificates cannot be used; then all
  /// is as it was. Opens no connection.
  Result<> use(const std::vector<config::Receiver>& receivers);

  /// Sends from now on.
  void start();
  /// Finishes what is under way, within kGrace. `on_ended` is called once when all have stopped.
  void stop(std::function<void()> on_ended);

  /// What was just committed, without reading it back.
  void offer(FreshDeliveries& fresh);
  /// There is something in the outbox.
  void notify();

  /// Somebody says that `receiver` is there again (empty: all are): what waits is sent now. False:
  /// there is no such receiver.
  bool try_now(const std::string& receiver);

  /// What each receiver has got, but for what only the database knows.
  std::vector<telemetry::ReceiverMetrics> figures() const;

  static constexpr auto kGrace = std::chrono::seconds(5);

 private:
  using Pointer = std::unique_ptr<emit::DeliveryWorker>;
  struct Successor {
    Pointer delivery;
    emit::Notifier* restored = nullptr;  ///< the delivery's own, if it wants to know what is open
    bool is_asking = false;              ///< the store is asked what is open
  };
  Result<Successor> make(const config::Receiver& receiver);
  /// Those whose predecessor has ended, or that have none.
  void start_ready();
  void ask_what_is_open(Successor& successor);
  void run(emit::DeliveryWorker& delivery);
  void forget(const emit::DeliveryWorker* ended);

  boost::asio::io_context& loop_;
  StoreOutbox outbox_;
  store::StoreThread& store_;
  std::string host_;
  emit::DescribeEdge describe_;
  std::vector<Successor> waiting_;  ///< not started, or for a predecessor to end
  std::vector<Pointer> running_;
  std::vector<Pointer> leaving_;
  /// What predecessors have done that have ended, by receiver; and what was queued, whoever sends
  /// it.
  struct Sums {
    std::uint64_t queued = 0, delivered = 0, failed_attempts = 0, dead = 0;
    void add(const emit::DeliveryWorkerStatus& status);
  };
  std::map<std::string, Sums> sums_;
  bool is_started_ = false;
  std::function<void()> on_ended_;
};

}  // namespace handshaked::runtime
