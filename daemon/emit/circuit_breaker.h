#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "base/clock.h"

namespace handshaked::emit {

struct CircuitBreakerPolicy {
  unsigned failures_to_open = 5;
  std::chrono::milliseconds first_rest{5'000};
  std::chrono::milliseconds last_rest{
      60'000};  ///< so late it is noticed at the most that the receiver is back
};

/// Keeps a receiver that is down from being asked once for every queued event. Closed: all sends
/// pass. After a number of failures in a row it opens: nothing passes while it rests. Then one send
/// is let through as a probe; its success closes the breaker, its failure opens it again for twice
/// as long. Pure: time arrives as an argument. Not for two threads.
class CircuitBreaker {
 public:
  enum class State { closed, open, probing };

  explicit CircuitBreaker(CircuitBreakerPolicy policy) : policy_(policy) {}

  /// How many sends may be under way at `now`, of the `concurrency` that the receiver is given.
  std::size_t allowance(Time now, std::size_t concurrency) const;

  /// An answer came, also one that refuses the event.
  void record_answer();
  /// No answer, or one that says "not now". `jitter` in [0, 1) shortens the rest by up to a
  /// quarter.
  void record_failure(Time now, double jitter);

  /// Somebody knows better: the next send is let through at once, as a probe. Nothing while closed.
  void end_rest(Time now);

  /// What has to be known after a restart: how long it rests, and until when. Zero: closed.
  struct Rest {
    std::chrono::milliseconds length{0};
    Time until{};
    bool operator==(const Rest&) const = default;
  };
  Rest rest() const { return rest_.count() == 0 ? Rest{} : Rest{rest_, rests_until_}; }
  void restore(Rest rest);

  State state(Time now) const;
  /// Meaningful unless closed.
  Time rests_until() const { return rests_until_; }

 private:
  CircuitBreakerPolicy policy_;
  unsigned failures_in_row_ = 0;
  std::chrono::milliseconds rest_{0};  ///< 0: closed
  Time rests_until_;
};

std::string_view to_string(CircuitBreaker::State state);

}  // namespace handshaked::emit
