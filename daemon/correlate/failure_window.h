#pragma once

#include <array>
#include <cstdint>

#include "base/boxed.h"
#include "base/clock.h"

namespace handshaked::correlate {

/// How many failures in the last five minutes? Ten buckets of half a minute; Times may come a
/// little out of order; what is older than the window is not counted. Most faults are seen in one
/// bucket only: the others are made when they are needed.
class FailureWindow {
 public:
  void add(Time at, std::uint64_t count);
  /// Failures a minute, seen from `now`, over the time that the window covers: at most five
  /// minutes, and none before `first_seen`.
  double rate_per_minute(Time now, Time first_seen) const;

 private:
  static constexpr std::int64_t kBuckets = 10;
  static constexpr std::chrono::seconds kBucket{30};
  std::uint64_t count_in(std::int64_t bucket) const;

  std::int64_t newest_ = 0;  ///< number of the newest bucket since the epoch
  std::uint64_t count_ = 0;  ///< in the newest, while it is the only one
  Boxed<std::array<std::uint64_t, kBuckets>> counts_;
};

}  // namespace handshaked::correlate
