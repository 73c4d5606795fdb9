#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

#include "base/clock.h"

namespace handshaked::emit {

/// When to try again: exponential backoff with full jitter. The limit doubles with each failure,
/// and the delay is drawn evenly from zero to the limit, so that a thousand daemons that failed
/// together do not come back together. Pure: the caller brings the random number and the time.
struct BackoffPolicy {
  std::chrono::milliseconds first_limit{1'000};
  std::chrono::milliseconds last_limit{3'600'000};
  /// Counted from the time at which the event was queued.
  std::chrono::milliseconds give_up_after{std::chrono::hours(72)};
};

/// The longest delay after `failed_attempts` failures (1 or more).
std::chrono::milliseconds backoff_limit(const BackoffPolicy& policy, unsigned failed_attempts);

/// When to try again, or nothing: give up. `jitter` is in [0, 1). A receiver that asked for more
/// time than the draw gave gets it; with `retry_after` the deadline still holds.
std::optional<Time> next_attempt_time(const BackoffPolicy& policy, Time now, Time queued_at,
                                      unsigned failed_attempts, double jitter,
                                      std::optional<std::chrono::seconds> retry_after);

/// How many messages a receiver gets in any minute. The first half may leave at once; the others
/// keep a distance, so that something is left for what comes later. Pure: time arrives as an
/// argument. Not for two threads.
class RateLimit {
 public:
  /// 0: no limit.
  explicit RateLimit(std::size_t messages_per_minute) : limit_(messages_per_minute) {}

  bool is_limited() const { return limit_ != 0; }
  /// When the next message may leave: `now` or earlier if at once.
  Time next_at(Time now) const;
  bool allows(Time now) const { return next_at(now) <= now; }
  /// The first half is used up: what comes next should carry all that waits.
  bool is_pacing(Time now) const;

  void record(Time now);

 private:
  static constexpr std::chrono::minutes kWindow{1};
  std::size_t used(Time now) const;

  std::size_t limit_;
  std::deque<Time> sent_;  ///< of the last minute, at most `limit_`
};

}  // namespace handshaked::emit
