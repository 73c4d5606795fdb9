#pragma once

#include <cstdint>

#include "correlate/incident.h"
#include "correlate/present_rate.h"

namespace handshaked::correlate {

/// How bad an incident is now, beside others: the one order of lists, pages, reports and messages.
/// What is over comes last; then by severity, by lines a minute now, by lines in all, and the
/// newest first.
struct Urgency {
  bool is_over = false;
  match::Severity severity = match::Severity::info;
  double rate = 0;  ///< present_rate()
  std::uint64_t count = 0;
  Time opened_at{};
};

inline Urgency urgency_of(const Incident& incident, Time now) {
  return {.is_over = incident.status == Status::resolved,
          .severity = incident.severity,
          .rate = present_rate(incident, now),
          .count = incident.count,
          .opened_at = incident.opened_at};
}

inline bool is_worse(const Urgency& a, const Urgency& b) {
  if (a.is_over != b.is_over) return b.is_over;
  if (a.severity != b.severity) return a.severity > b.severity;
  if (a.rate != b.rate) return a.rate > b.rate;
  if (a.count != b.count) return a.count > b.count;
  return a.opened_at > b.opened_at;
}

}  // namespace handshaked::correlate
