#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "correlate/incident.h"

namespace handshaked::correlate {

/// Lines a minute over the last five minutes, seen from `now`; 0 when it is over. The one rate of
/// lists, pages, reports and messages.
inline double present_rate(const Incident& incident, Time now) {
  if (incident.status == Status::resolved) return 0;
  return std::round(incident.window.rate_per_minute(now, incident.opened_at) * 100) / 100;
}

/// From how many clients: an estimate, and never more than there were lines.
inline std::uint64_t distinct_clients(const Incident& incident) {
  return std::min(incident.clients.distinct(), incident.count);
}

}  // namespace handshaked::correlate
