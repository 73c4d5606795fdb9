#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"

namespace handshaked::runtime {

/// Logs that nginx's configuration names no more. They are followed on for a while: old workers
/// write there until their last connection has ended, and what was written is still to be read. A
/// log may be let go when it was named no more, and silent, for kLetGoAfter. Not shared between
/// threads.
class DroppedLogs {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  static constexpr auto kLetGoAfter = std::chrono::minutes(10);

  void drop(const std::string& path, SteadyTime now) { since_.emplace(path, now); }
  /// It is named again.
  void keep(const std::string& path) { since_.erase(path); }
  bool empty() const { return since_.empty(); }

  /// Those that may be let go; they are forgotten here. Looks at the files.
  std::vector<std::string> take_due(SteadyTime now, Time wall_now);

 private:
  std::map<std::string, SteadyTime> since_;
};

}  // namespace handshaked::runtime
