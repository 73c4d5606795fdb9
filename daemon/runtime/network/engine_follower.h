#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "engine/source.h"
#include "receive/engine_messages.h"
#include "receive/network_threads.h"

namespace handshaked::runtime {

struct EngineFollowerOptions {
  receive::IntakeOptions intake;
  receive::FieldNames fields;   ///< of messages that are JSON
  bool is_host_in_key = false;  ///< a message's key is the host
  /// Messages are those of edges, which fall silent after so long; nothing: lines.
  std::optional<std::chrono::seconds> edges_silent_after = {};
};

/// Reads lines from an engine. A thread of its own polls, because the engines' libraries block;
/// what came is looked at on a network thread, and the next poll begins when it is in the database
/// together with the position. Then the engine is told.
class EngineFollower {
 public:
  /// Borrowed from the caller are `thread`, `intakes` and `counters`.
  EngineFollower(std::unique_ptr<engine::Source> source, EngineFollowerOptions options,
                 receive::NetworkThread& thread, receive::IntakeFactory& intakes,
                 receive::SourceCounters& counters);
  /// When the network thread has ended.
  ~EngineFollower();

  /// Before the network threads are started.
  void start();
  engine::Standing standing() const { return source_->standing(); }

 private:
  using Messages = std::vector<engine::Message>;

  void poll_on();
  bool hand_over(const Messages& messages, bool must_commit);
  bool add(const engine::Message& message);
  bool add_edge_message(const engine::Message& message);
  boost::asio::awaitable<Result<bool>> take(const Messages& messages, std::string position,
                                            bool must_commit);
  Result<bool> run_on_thread(boost::asio::awaitable<Result<bool>> work);
  void tell_trouble();

  std::unique_ptr<engine::Source> source_;
  EngineFollowerOptions options_;
  receive::NetworkThread& thread_;
  receive::IntakeFactory& intakes_;
  receive::SourceCounters& counters_;

  // Of the network thread.
  std::unique_ptr<receive::Intake> intake_;
  std::optional<receive::EngineMessages> messages_;

  // Of the polling thread.
  std::string told_trouble_;
  std::chrono::steady_clock::time_point committed_at_{}, told_at_{};
  std::size_t uncommitted_ = 0;  ///< messages that were polled since

  std::atomic<bool> is_stopping_ = false;
  std::jthread polling_;
};

}  // namespace handshaked::runtime
