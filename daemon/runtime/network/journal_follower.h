#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "receive/intake.h"
#include "receive/journal/journal_reader.h"
#include "receive/network_threads.h"
#include "receive/source_counters.h"

namespace handshaked::runtime {

/// Reads one journal on a network thread: wakes when it changes, hands over what was found together
/// with the position, and waits until that is durable before it reads on. The journal is the
/// buffer.
class JournalFollower {
 public:
  /// `reader` stands where reading begins; borrowed from the caller are `thread`, `intakes` and
  /// `counters`.
  JournalFollower(receive::JournalReader reader, receive::IntakeOptions options,
                  receive::NetworkThread& thread, receive::IntakeFactory& intakes,
                  receive::SourceCounters& counters);

  /// Before the threads are started.
  void start();

 private:
  struct Watch;

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<Result<>> read_on(receive::Intake& intake);
  boost::asio::awaitable<Result<>> commit(receive::Intake& intake);

  receive::JournalReader reader_;
  receive::IntakeOptions options_;
  receive::NetworkThread& thread_;
  receive::IntakeFactory& intakes_;
  receive::SourceCounters& counters_;
  std::shared_ptr<Watch> watch_;
  std::string kept_;       ///< the position up to which everything is in the store, or before which
                           ///< nothing is wanted
  std::string previous_;   ///< the message before, if it was not looked into
  bool is_saved_ = false;  ///< and it is in the database
  std::chrono::steady_clock::time_point saved_at_{};
};

}  // namespace handshaked::runtime
