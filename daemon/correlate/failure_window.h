#pragma once

#include <array>
#include <cstdint>

#include "base/clock.h"

namespace handshaked::correlate {

/// How many failures in the last five minutes? Ten buckets of half a minute; constant memory. Times may come a little out of
/// order; what is older than the window is not counted.
class FailureWindow {
 public:
  void add(Time at, std::uint64_t count);
  /// Failures a minute, seen from `now`. Within the first five minutes, over the time that has passed (at least one minute).
  double rate_per_minute(Time now, Time first_seen) const;

 private:
  static constexpr std::int64_t kBuckets = 10;
  static constexpr std::chrono::seconds kBucket{30};
  std::array<std::uint64_t, kBuckets> counts_{};
  std::int64_t newest_ = 0;  ///< number of the newest bucket since the epoch
};

}  // namespace handshaked::correlate
