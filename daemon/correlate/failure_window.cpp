#include "correlate/failure_window.h"

#include <algorithm>

namespace handshaked::correlate {

void FailureWindow::add(Time at, std::uint64_t count) {
  const std::int64_t bucket =
      std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()) / kBucket;
  if (bucket < 0 || (newest_ != 0 && newest_ - bucket >= kBuckets)) return;
  const bool is_first = newest_ == 0;
  if (!counts_ && (is_first || bucket == newest_ || bucket - newest_ >= kBuckets)) {
    count_ = bucket == newest_ ? count_ + count : count;
    newest_ = bucket;
    return;
  }
  if (!counts_) {
    counts_.emplace().fill(0);
    (*counts_)[static_cast<std::size_t>(newest_ % kBuckets)] = count_;
  }
  if (bucket > newest_) {
    const std::int64_t steps = std::min(bucket - newest_, kBuckets);
    for (std::int64_t i = 0; i < steps; ++i)
      (*counts_)[static_cast<std::size_t>((bucket - i) % kBuckets)] = 0;
    newest_ = bucket;
  }
  (*counts_)[static_cast<std::size_t>(bucket % kBuckets)] += count;
}

std::uint64_t FailureWindow::count_in(std::int64_t bucket) const {
  if (bucket < 0 || bucket > newest_ || newest_ - bucket >= kBuckets) return 0;
  if (counts_) return (*counts_)[static_cast<std::size_t>(bucket % kBuckets)];
  return bucket == newest_ ? count_ : 0;
}

double FailureWindow::rate_per_minute(Time now, Time first_seen) const {
  const std::int64_t current =
      std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()) / kBucket;
  std::uint64_t sum = 0;
  for (std::int64_t i = 0; i < kBuckets; ++i) sum += count_in(current - i);
  if (sum == 0) return 0;
  const Time begin{kBucket * (current - kBuckets + 1)};
  const double minutes =
      std::chrono::duration<double, std::ratio<60>>(now - std::max(begin, first_seen)).count();
  const auto lines = static_cast<double>(sum);
  if (minutes >= 1) return lines / minutes;
  // A young fault: its first line begins the time that is measured, so that only those after it
  // were counted in that time. From a few seconds nothing is concluded.
  constexpr double kLeastMinutes = 1.0 / 6;
  return std::max(lines, (lines - 1) / std::max(minutes, kLeastMinutes));
}

}  // namespace handshaked::correlate
