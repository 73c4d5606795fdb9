#pragma once

#include "correlate/incident.h"

namespace handshaked::correlate {

/// Open without a new line, and still seen to fail: the last probe that failed came long after the
/// last line. At night nobody asks.
inline bool is_quiet_failing(const Incident& incident) {
  return incident.status == Status::open && incident.probe_failed_at &&
         *incident.probe_failed_at >= incident.last_seen_at + std::chrono::minutes(1);
}

}  // namespace handshaked::correlate
