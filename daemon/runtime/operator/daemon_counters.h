#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "runtime/operator/rule_tally.h"
#include "telemetry/histogram.h"

namespace handshaked::runtime {

/// What is counted for the figures alone, in one place; everything else is asked of whoever owns
/// it.
struct DaemonCounters {
  // Any thread.
  telemetry::Histogram commit_seconds{kCommitBounds}, diagnosis_seconds{kLongBounds},
      round_seconds{kLongBounds};
  std::atomic<std::uint64_t> failed_commits = 0, handshakes = 0;
  std::atomic<std::int64_t> last_commit_at = 0;  ///< in microseconds since 1970; 0: none yet

  // The loop's.
  RuleTally rules;
  std::uint64_t diagnoses_found = 0, diagnoses_empty = 0;
  std::uint64_t rounds_passed = 0, rounds_failed = 0;
  std::string store_trouble;  ///< empty while commits succeed
  Time rules_loaded_at = wall_clock_now();
  bool is_last_reload_good = true;
  bool has_looked_at_sources = false;

  /// On the store thread.
  void note_commit(std::chrono::steady_clock::duration took, const Result<>& written) {
    if (!written) {
      ++failed_commits;
      return;
    }
    commit_seconds.add(took);
    last_commit_at = wall_clock_now().time_since_epoch().count();
  }

  static constexpr std::array kCommitBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                            0.1,    0.25,  0.5,    1.0,   2.5,  5.0};
  static constexpr std::array kLongBounds{0.01, 0.025, 0.05, 0.1,  0.25, 0.5,
                                          1.0,  2.5,   5.0,  10.0, 20.0};
};

}  // namespace handshaked::runtime
