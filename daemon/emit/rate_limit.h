#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

#include "base/clock.h"

namespace handshaked::emit {

/// How many messages a receiver gets in any minute. The first half may leave at once; the others keep a distance, so that something is left
/// for what comes later. Pure: time arrives as an argument. Not for two threads.
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
