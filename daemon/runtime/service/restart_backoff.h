#pragma once

#include <chrono>
#include <filesystem>

namespace handshaked::runtime {

/// Pauses that grow between starts that end badly, for systemd before 254, which knows none
/// (RestartSteps=). The starts of the last ten minutes stand in a file of the runtime directory,
/// which systemd keeps over its own restarts and removes when the unit stops.
class RestartBackoff {
 public:
  using Seconds = std::chrono::seconds;

  /// `directory`: $RUNTIME_DIRECTORY; empty, and nothing is counted. What cannot be read or written
  /// counts as nothing.
  explicit RestartBackoff(const std::filesystem::path& directory);

  /// Counts this start, and says how long it should wait before it does anything: nothing for the
  /// first five in ten minutes, then 2 s, twice as long each time, at the most 60 s. `now` is of a
  /// clock that outlives the process: CLOCK_BOOTTIME.
  Seconds count_start(Seconds now) const;
  /// It ended as it should: the next start is the first.
  void forget() const;

 private:
  std::filesystem::path file_;
};

/// The one of this process, and the clock for it.
RestartBackoff restart_backoff();
RestartBackoff::Seconds seconds_since_boot();

}  // namespace handshaked::runtime
