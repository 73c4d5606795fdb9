#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace handshaked::receive {

/// What one source has seen since the start. Written by network threads, read by anybody.
struct SourceCounters {
  using Count = std::atomic<std::uint64_t>;
  Count bytes = 0;           ///< of lines and bodies, decoded
  Count records = 0;         ///< as far as the protocol tells them apart
  Count candidates = 0;      ///< lines that the gate let pass
  Count matched = 0;         ///< recognised TLS lines
  Count untrusted = 0;       ///< of these: a stranger may have written them
  Count batches = 0;         ///< handed over with something in them
  Count malformed = 0;       ///< records that could not be read
  Count without_host = 0;    ///< recognised lines whose sender named no host
  Count duplicates = 0;      ///< batches that came again and were known by their id
  Count refused_full = 0;    ///< batches that the sender was asked to send again
  Count datagrams_lost = 0;  ///< that the kernel dropped, as it says itself
  Count cut_lines = 0;       ///< longer than the limit: their beginning was read
  Count connections = 0;     ///< accepted
  Count open_connections = 0;
  Count refused_connections = 0;                    ///< not allowed, or too many
  Count failed_connections = 0;                     ///< ended by what the peer did wrong
  std::atomic<std::int64_t> last_seen_seconds = 0;  ///< when something came, since 1970; 0: never
};

}  // namespace handshaked::receive
