#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>

#include "store/database/retention.h"
#include "store/database/store_thread.h"

namespace handshaked::runtime {

/// What has to be done now and then: old records removed, memory given back after a burst, the
/// service manager told that every stage still moves. Loop thread only; what it borrows outlives
/// it.
class Housekeeping {
 public:
  Housekeeping(boost::asio::io_context& loop, boost::asio::thread_pool& readers,
               store::StoreThread& store, store::RetentionLimits limits)
      : loop_(loop),
        readers_(readers),
        store_(store),
        limits_(limits),
        watchdog_(loop),
        retention_(loop),
        memory_(loop) {}

  /// Calls what it is given when the threads of a stage have taken it up, one after the other: see
  /// NetworkSources.
  using Relay = std::function<void(std::function<void()>)>;

  /// `network`: the word for the watchdog goes through it, beside the loop, the readers and the
  /// store.
  void start(Relay network);
  void stop();

  /// A burst leaves memory behind that nobody needs. Once a burst, however long it is: the wait
  /// begins anew with each call.
  void return_memory_later();

 private:
  void feed_watchdog();
  void run_retention();
  void wait_for_retention(std::chrono::seconds wait);

  boost::asio::io_context& loop_;
  boost::asio::thread_pool& readers_;
  store::StoreThread& store_;
  store::RetentionLimits limits_;
  boost::asio::steady_timer watchdog_, retention_, memory_;
  Relay network_;
  bool is_stopped_ = false;
};

}  // namespace handshaked::runtime
