#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/server_stream.h"
#include "receive/occasional_log.h"
#include "receive/record/json_record.h"

namespace handshaked::receive {

/// One thread with an io_context of its own, on which connections live from their first byte to
/// their last. Everything but the constructor, start(), begin_end() and join() is for that thread
/// itself.
class NetworkThread {
 public:
  NetworkThread();
  ~NetworkThread();
  NetworkThread(const NetworkThread&) = delete;
  NetworkThread& operator=(const NetworkThread&) = delete;

  void start();
  /// Connections are told that nothing more is read; those that are not done after `grace` are cut
  /// off. Any thread.
  void begin_end(std::chrono::milliseconds grace);
  void join();

  boost::asio::io_context& context() { return context_; }
  /// The buffer that whoever runs on this thread reads into; there are kScratchPadding more bytes
  /// behind it.
  std::span<char> scratch();
  JsonRecordReader& json() { return json_; }
  bool is_ending() const { return ending_; }

  /// A stream that the sweep watches over, and a session that the end waits for.
  class Watch {
   public:
    /// `group`: of connections that close_quietest() chooses from.
    Watch(NetworkThread& thread, net::ServerStream& stream, std::string group);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    NetworkThread& thread_;
    net::ServerStream& stream_;
  };

  /// Closes the connection of that group which has made no progress for the longest time.
  void close_quietest(const std::string& group);

  /// Of the sessions that run, or are about to, on this thread. Any thread.
  std::atomic<std::size_t> sessions = 0;
  /// Called on the thread when the end begins, to cancel what is no stream.
  void at_end(std::function<void()> cancel) { at_end_.push_back(std::move(cancel)); }

 private:
  void sweep();
  void finish_if_idle();

  // In front of the context, whose end destroys what is suspended: that refers to these.
  std::unique_ptr<char[]> scratch_;
  JsonRecordReader json_;
  std::map<net::ServerStream*, std::string> streams_;  ///< with their groups
  std::vector<std::function<void()>> at_end_;
  std::atomic<bool> ending_ = false;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::steady_timer sweep_timer_, end_timer_;
  OccasionalLog faults_;
  std::jthread thread_;
};

/// The few threads that all network sources share.
class NetworkThreads {
 public:
  explicit NetworkThreads(std::size_t count);

  void start();
  /// Ends all sessions and joins; gives those in the middle of an exchange a moment. Blocks: not
  /// from the loop thread.
  void stop(std::chrono::milliseconds grace);

  NetworkThread& first() { return *threads_.front(); }
  /// The one with the fewest sessions.
  NetworkThread& least_busy();
  std::size_t size() const { return threads_.size(); }
  NetworkThread& at(std::size_t index) { return *threads_[index]; }

 private:
  std::vector<std::unique_ptr<NetworkThread>> threads_;
};

constexpr std::size_t kScratchPadding = 64;  ///< simdjson may read this far behind what it is given

}  // namespace handshaked::receive
