#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/receiver.h"
#include "emit/delivery.h"
#include "stages/operator_desk.h"
#include "stages/store_outbox.h"
#include "store/store_thread.h"

namespace handshaked::stages {

/// All receivers, each with the delivery that serves it from the outbox. Loop thread only; what it borrows outlives it.
class Deliveries {
 public:
  Deliveries(boost::asio::io_context& loop, store::StoreThread& store) : loop_(loop), outbox_(store), store_(store) {}

  /// Before start(). Fails with the receiver's name when its secrets, template or certificates cannot be used. Opens no connection.
  Result<> add(const config::Receiver& receiver, const std::string& host);

  /// Sends from now on; `on_ended` is called once when all have stopped, at once if there are none to stop.
  void start(std::function<void()> on_ended);
  /// Finishes what is under way, for `grace` at the most.
  void stop(std::chrono::milliseconds grace);

  /// What was just committed, without reading it back.
  void offer(FreshDeliveries& fresh);
  /// There is something in the outbox.
  void notify();

  std::vector<ReceiverState> states() const;

 private:
  boost::asio::io_context& loop_;
  StoreOutbox outbox_;
  store::StoreThread& store_;
  std::vector<std::unique_ptr<emit::Delivery>> all_;
  std::size_t running_ = 0;
  std::function<void()> on_ended_;
};

}  // namespace handshaked::stages
