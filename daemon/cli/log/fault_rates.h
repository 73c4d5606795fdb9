#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace handshaked::cli {

/// How many lines of each fault were written when, over the whole of what was read, in equal spans:
/// what sparklines and charts show. Spans begin with a minute and double as the log turns out to be
/// longer, so that there are never more than kMostSpans of them.
class FaultRates {
 public:
  static constexpr std::int64_t kMostSpans = 96;

  /// `fault` is a fingerprint.
  void add(std::string_view fault, Time at, std::uint64_t count);

  bool empty() const { return counts_.empty(); }
  /// When the first span begins, how long each is, and how many there are.
  Time begin() const { return Time(std::chrono::minutes(first_ * minutes_)); }
  Duration span() const { return std::chrono::minutes(minutes_); }
  std::size_t spans() const { return empty() ? 0 : static_cast<std::size_t>(last_ - first_ + 1); }

  /// A number for each span; all nought for a fault that is not known.
  std::vector<std::uint64_t> of(std::string_view fault) const;
  /// Of all faults together.
  std::vector<std::uint64_t> all() const;

 private:
  using Counts = std::map<std::int64_t, std::uint64_t>;  ///< by number of the span since 1970
  void double_spans();

  std::unordered_map<std::string, Counts> counts_;
  std::int64_t minutes_ = 1;
  std::int64_t first_ = 0, last_ = -1;
};

}  // namespace handshaked::cli
