#pragma once

#include <chrono>

namespace handshaked {

/// Wall-clock time in microseconds: what log lines, events and the database hold.
using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

inline Time wall_clock_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace handshaked
