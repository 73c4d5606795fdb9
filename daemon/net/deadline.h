#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>

#include "base/error.h"

namespace handshaked::net {

/// The time that one exchange with a peer may take: a limit for the whole and one for the phase it
/// is in. When either is over, the operation under way is cancelled by the function that guards it,
/// and whoever waits for it answers with `error()`. Lives in the coroutine of the exchange; loop
/// thread only.
class Deadline {
 public:
  Deadline(const boost::asio::any_io_executor& executor, std::chrono::milliseconds whole);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Starts a phase. `phase` completes the sentence "timed out while …" and must be a literal.
  void enter(std::string_view phase, std::chrono::milliseconds limit);

  /// How the operation that comes next is cancelled. Called at once if the time is over already.
  void guard(std::function<void()> cancel);
  /// Nothing is under way any more that could be cancelled.
  void unguard();

  /// Ends the exchange now, as at shutdown.
  void stop();

  bool is_over() const;
  /// Meaningful when `is_over()`: timeout, or cancelled after `stop()`.
  Error error() const;

  /// What is left of the phase; 0 when over.
  std::chrono::milliseconds remaining() const;

 private:
  struct State;
  std::shared_ptr<State>
      state_;  // shared with the timer's handler only, which may still be queued when we are gone
};

}  // namespace handshaked::net
