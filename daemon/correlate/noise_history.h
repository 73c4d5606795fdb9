#pragma once

#include <cstdint>

#include "base/clock.h"
#include "correlate/client_sketch.h"

namespace handshaked::correlate {

/// How loud is this noise usually? Scanners and impatient clients are always there; what matters is
/// a rise far above the usual, from many networks at once: then it is us whom the clients refuse.
/// Counts per ten minutes, their mean and variance decaying over about a day; constant memory. A
/// value, not shared between threads.
class NoiseHistory {
 public:
  static constexpr std::chrono::minutes kPeriod{10};
  /// Periods before there is a usual: an hour.
  static constexpr std::uint32_t kLeastPeriods = 6;
  static constexpr std::uint64_t kLeastCount = 50;
  static constexpr std::uint64_t kLeastNetworks = 20;

  /// `networks`: the /24 (IPv4) and /48 (IPv6) from which the `count` lines came.
  void add(Time at, std::uint64_t count, const ClientSketch& networks);

  /// The current period is at least ten times the usual and six standard deviations above it, and
  /// many networks take part. `watched_since`: since when this noise would have been seen; its
  /// silence before counts as history.
  bool is_anomalous(Time now, Time watched_since) const;

  double usual() const { return mean_; }
  std::uint64_t current() const { return current_count_; }
  std::uint64_t networks() const { return networks_.distinct(); }

  // For the store; the networks of the current period are not kept.
  struct State {
    std::int64_t period = 0;
    std::uint32_t periods = 0;
    double mean = 0, variance = 0;
    std::uint64_t current_count = 0;
  };
  State state() const { return {period_, periods_, mean_, variance_, current_count_}; }
  static NoiseHistory from_state(const State& state);

 private:
  void move_to(std::int64_t period);
  void close_period(std::uint64_t count);

  std::int64_t period_ =
      0;  ///< number of the current period since the epoch; 0: nothing was seen yet
  std::uint32_t periods_ = 0;
  double mean_ = 0, variance_ = 0;
  std::uint64_t current_count_ = 0;
  ClientSketch networks_;
};

/// "192.0.2.0/24" of "192.0.2.7"; an IPv6 address gives its first 48 bits as written; anything else
/// itself.
std::string_view network_of(std::string_view client);

}  // namespace handshaked::correlate
