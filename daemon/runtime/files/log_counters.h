#pragma once

#include <atomic>
#include <cstdint>

namespace handshaked::runtime {

/// What one followed log has given since the start, and how far it was read. Written by whoever
/// steps it, once a step; read by anybody.
struct LogCounters {
  using Count = std::atomic<std::uint64_t>;
  enum class State : std::uint8_t { starting, open, waiting, unreadable };

  std::atomic<State> state = State::starting;
  Count bytes = 0, lines = 0, candidates = 0, matched = 0, untrusted = 0;
  Count unread_bytes = 0;                 ///< after the last step
  Count seen_device = 0, seen_inode = 0;  ///< of the newest file
  Count position = 0;                     ///< up to which it was read
  Count seen_size = 0;                    ///< what it held then
  std::atomic<std::int64_t> caught_up_at =
      0;  ///< when everything was last read, in microseconds since 1970; 0: never
  std::atomic<std::int64_t> last_line_at = 0;  ///< when something was last read
};

}  // namespace handshaked::runtime
