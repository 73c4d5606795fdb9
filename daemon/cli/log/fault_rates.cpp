#include "cli/log/fault_rates.h"

#include <algorithm>

namespace handshaked::cli {
namespace {

/// Rounds down, before 1970 too.
std::int64_t part(std::int64_t number, std::int64_t by) {
  return number / by - (number % by < 0 ? 1 : 0);
}

}  // namespace

void FaultRates::add(std::string_view fault, Time at, std::uint64_t count) {
  const std::int64_t minute =
      std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count();
  const auto span_of = [&] { return part(minute, minutes_); };
  if (empty()) first_ = last_ = span_of();
  while (std::max(last_, span_of()) - std::min(first_, span_of()) >= kMostSpans) double_spans();
  first_ = std::min(first_, span_of());
  last_ = std::max(last_, span_of());
  counts_[std::string(fault)][span_of()] += count;
}

void FaultRates::double_spans() {
  minutes_ *= 2;
  first_ = part(first_, 2);
  last_ = part(last_, 2);
  for (auto& [fault, counts] : counts_) {
    Counts wider;
    for (const auto& [span, count] : counts) wider[part(span, 2)] += count;
    counts = std::move(wider);
  }
}

std::vector<std::uint64_t> FaultRates::of(std::string_view fault) const {
  std::vector<std::uint64_t> numbers(spans(), 0);
  const auto found = counts_.find(std::string(fault));
  if (found == counts_.end()) return numbers;
  for (const auto& [span, count] : found->second)
    numbers[static_cast<std::size_t>(span - first_)] += count;
  return numbers;
}

std::vector<std::uint64_t> FaultRates::all() const {
  std::vector<std::uint64_t> numbers(spans(), 0);
  for (const auto& [fault, counts] : counts_)
    for (const auto& [span, count] : counts)
      numbers[static_cast<std::size_t>(span - first_)] += count;
  return numbers;
}

}  // namespace handshaked::cli
