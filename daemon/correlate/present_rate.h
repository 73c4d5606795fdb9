#pragma once

#include <cmath>

#include "correlate/incident.h"

namespace handshaked::correlate {

/// Lines a minute over the last five minutes, seen from `now`; 0 when it is over. The one rate of lists, pages, reports and messages.
inline double present_rate(const Incident& incident, Time now) {
  if (incident.status == Status::resolved) return 0;
  return std::round(incident.window.rate_per_minute(now, incident.opened_at) * 100) / 100;
}

}  // namespace handshaked::correlate
