#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "telemetry/log.h"

namespace handshaked::receive {

/// Warnings that strangers can cause: one a minute, with the number of those that were not printed.
/// Thread-safe.
class OccasionalLog {
 public:
  explicit OccasionalLog(std::chrono::seconds interval = std::chrono::seconds(60))
      : interval_(interval) {}

  void warn(std::string_view text, telemetry::LogPlace place = telemetry::LogPlace::here()) {
    using Clock = std::chrono::steady_clock;
    const std::int64_t now = Clock::now().time_since_epoch() / std::chrono::seconds(1) + 1;
    std::int64_t next = next_;
    if (now < next || !next_.compare_exchange_strong(next, now + interval_.count())) {
      ++suppressed_;
      return;
    }
    const std::uint64_t suppressed = suppressed_.exchange(0);
    std::string line(text);
    if (suppressed > 0)
      line += " (and " + std::to_string(suppressed) + " more since the last word about it)";
    telemetry::log_warning(line, {.is_record = true}, place);  // seldom enough already
  }

 private:
  const std::chrono::seconds interval_;
  std::atomic<std::int64_t> next_ = 0;
  std::atomic<std::uint64_t> suppressed_ = 0;
};

}  // namespace handshaked::receive
