#include "correlate/severity.h"

#include <algorithm>

namespace handshaked::correlate {
namespace {

// Client side: so many different clients, of so many lines each at most, so often.
constexpr std::uint64_t kManyClients = 50;
constexpr double kLeastShare = 0.2;
constexpr double kLeastRate = 10;  // lines a minute

}  // namespace

match::Severity severity_of(const Incident& incident, match::Severity rule_severity, Time now) {
  match::Severity severity = std::max(incident.severity, rule_severity);
  if (severity >= match::Severity::warning) return severity;
  if (incident.anomalous_at) return match::Severity::warning;
  if (incident.noise || incident.place.side != parse::Side::client || incident.count == 0)
    return severity;
  const std::uint64_t clients = incident.clients.distinct();
  const double share = static_cast<double>(clients) / static_cast<double>(incident.count);
  const double rate = incident.window.rate_per_minute(now, incident.opened_at);
  const bool is_ours = clients >= kManyClients &&
                       (share >= kLeastShare || clients >= 10 * kManyClients) && rate >= kLeastRate;
  return is_ours ? match::Severity::warning : severity;
}

std::string_view severity_mark(match::Severity severity) {
  switch (severity) {
    case match::Severity::critical: return "◆";
    case match::Severity::warning: return "▲";
    case match::Severity::info: return "○";
  }
  return {};
}

match::Severity severity_named(std::string_view word) {
  if (word == "critical") return match::Severity::critical;
  return word == "warning" ? match::Severity::warning : match::Severity::info;
}

}  // namespace handshaked::correlate
