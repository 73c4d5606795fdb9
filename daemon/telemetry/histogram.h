#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace handshaked::telemetry {

/// How a histogram stood when it was looked at.
struct HistogramMetrics {
  std::vector<double> bounds;         ///< upper, ascending
  std::vector<std::uint64_t> counts;  ///< within each bound and above the one before; one more than
                                      ///< bounds, for what is beyond
  double sum = 0;

  std::uint64_t count() const {
    std::uint64_t all = 0;
    for (const std::uint64_t one : counts) all += one;
    return all;
  }
};

/// Counts values by size. Any thread may add and look, without a lock.
class Histogram {
 public:
  explicit Histogram(std::span<const double> bounds)
      : bounds_(bounds.begin(), bounds.end()), counts_(bounds_.size() + 1) {}

  void add(double value) {
    const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    counts_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  void add(std::chrono::steady_clock::duration time) {
    add(std::chrono::duration<double>(time).count());
  }

  HistogramMetrics figures() const {
    HistogramMetrics now{
        .bounds = bounds_, .counts = {}, .sum = sum_.load(std::memory_order_relaxed)};
    for (const auto& count : counts_) now.counts.push_back(count.load(std::memory_order_relaxed));
    return now;
  }

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<double> sum_ = 0;
};

/// Adds how long it lived; nothing without a histogram.
class TimeTaken {
 public:
  explicit TimeTaken(Histogram* into) : into_(into), began_(std::chrono::steady_clock::now()) {}
  TimeTaken(const TimeTaken&) = delete;
  TimeTaken& operator=(const TimeTaken&) = delete;
  ~TimeTaken() {
    if (into_ != nullptr) into_->add(std::chrono::steady_clock::now() - began_);
  }

 private:
  Histogram* into_;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace handshaked::telemetry
