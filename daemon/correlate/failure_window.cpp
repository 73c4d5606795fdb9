#include "correlate/failure_window.h"

#include <algorithm>

namespace handshaked::correlate {

void FailureWindow::add(Time at, std::uint64_t count) {
  const std::int64_t bucket = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()) / kBucket;
  if (bucket > newest_) {
    const std::int64_t steps = std::min(bucket - newest_, kBuckets);
    for (std::int64_t i = 0; i < steps; ++i) counts_[static_cast<std::size_t>((bucket - i) % kBuckets)] = 0;
    newest_ = bucket;
  }
  if (newest_ - bucket < kBuckets && bucket >= 0) counts_[static_cast<std::size_t>(bucket % kBuckets)] += count;
}

double FailureWindow::rate_per_minute(Time now, Time first_seen) const {
  const std::int64_t current = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()) / kBucket;
  std::uint64_t sum = 0;
  for (std::int64_t i = 0; i < kBuckets; ++i) {
    if (const std::int64_t bucket = current - i; bucket <= newest_ && newest_ - bucket < kBuckets && bucket >= 0) {
      sum += counts_[static_cast<std::size_t>(bucket % kBuckets)];
    }
  }
  const double minutes = std::chrono::duration<double, std::ratio<60>>(now - first_seen).count();
  return static_cast<double>(sum) / std::clamp(minutes, 1.0, 5.0);
}

}  // namespace handshaked::correlate
