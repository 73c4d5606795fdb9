#include "correlate/noise_history.h"

#include <algorithm>
#include <cmath>

namespace handshaked::correlate {
namespace {

/// A new period weighs so much: 144 periods are a day, so what was loud a day ago weighs about a
/// third.
constexpr double kWeight = 1.0 / 144;
constexpr double kTimesUsual = 10;
constexpr double kDeviations = 6;

std::int64_t period_of(Time at) {
  return std::chrono::floor<std::chrono::minutes>(at.time_since_epoch()) / NoiseHistory::kPeriod;
}

}  // namespace

void NoiseHistory::close_period(std::uint64_t count) {
  ++periods_;
  // The first periods weigh as in a plain mean, so that an hour is enough to begin with.
  const double weight = std::max(kWeight, 1.0 / periods_);
  const double difference = static_cast<double>(count) - mean_;
  mean_ += weight * difference;
  variance_ = (1 - weight) * (variance_ + weight * difference * difference);
}

void NoiseHistory::move_to(std::int64_t period) {
  if (period_ == 0) period_ = period;
  if (period <= period_) return;
  close_period(current_count_);
  // Silence is history, too; after two days of it there is nothing more to learn.
  for (std::int64_t silent = std::min<std::int64_t>(period - period_ - 1, 288); silent > 0;
       --silent)
    close_period(0);
  period_ = period;
  current_count_ = 0;
  networks_ = ClientSketch();
}

void NoiseHistory::add(Time at, std::uint64_t count, const ClientSketch& networks) {
  const std::int64_t period = period_of(at);
  move_to(period);
  if (period < period_) return;  // late: its period is closed
  current_count_ += count;
  networks_.merge(networks);
}

bool NoiseHistory::is_anomalous(Time now, Time watched_since) const {
  if (period_of(now) > period_) return false;  // the loud period is over
  const std::int64_t watched = period_ - period_of(watched_since);
  const bool is_new =
      periods_ == 0 && watched >= kLeastPeriods;  // never heard of before, and we would have
  if (periods_ < kLeastPeriods && !is_new) return false;
  const double count = static_cast<double>(current_count_);
  return current_count_ >= kLeastCount && networks_.distinct() >= kLeastNetworks &&
         count >= kTimesUsual * mean_ && count >= mean_ + kDeviations * std::sqrt(variance_);
}

NoiseHistory NoiseHistory::from_state(const State& state) {
  NoiseHistory history;
  history.period_ = std::max<std::int64_t>(0, state.period);
  history.periods_ = state.periods;
  history.mean_ = std::isfinite(state.mean) ? std::max(0.0, state.mean) : 0;
  history.variance_ = std::isfinite(state.variance) ? std::max(0.0, state.variance) : 0;
  history.current_count_ = state.current_count;
  return history;
}

std::string_view network_of(std::string_view client) {
  if (const auto dot = client.rfind('.');
      dot != std::string_view::npos && client.find(':') == std::string_view::npos) {
    return client.substr(0, dot);
  }
  std::size_t end = 0;
  for (int groups = 0; groups < 3 && end < client.size(); ++groups) {
    end = std::min(client.find(':', end), client.size());
    if (end < client.size()) ++end;
  }
  return client.substr(0, end);
}

}  // namespace handshaked::correlate
