#pragma once

#include <string>
#include <vector>

#include "correlate/correlator.h"
#include "unit/correlate/recognised_line.h"

namespace handshaked::correlate {

inline const std::string kVerify20 =
    "upstream SSL certificate verify error: (20:unable to get local issuer certificate)";
inline const std::string kVerify10 =
    "upstream SSL certificate verify error: (10:certificate has expired)";
inline const std::string kClosed = "peer closed connection in SSL handshake";

/// A log, its reader and the correlator behind it.
struct Story {
  std::shared_ptr<const match::RuleSet> rules = some_rules();
  Reading reading{rules};
  Correlator correlator;
  explicit Story(CorrelatorOptions options = {}) : correlator(std::move(options)) {}

  std::vector<IncidentChange> hear(const std::string& lines, double seconds) {
    correlator.absorb(reading.read(lines), at(seconds));
    return correlator.advance(at(seconds));
  }
  /// "opened t/verify-20" for each change that receivers may hear of.
  static std::string told(const std::vector<IncidentChange>& changes) {
    std::string list;
    for (const IncidentChange& change : changes) {
      const bool is_silent =
          change.incident->history || (change.incident->noise && !change.incident->anomalous_at);
      if (change.what == IncidentChange::What::changed || is_silent || !change.incident->was_open)
        continue;
      list += (list.empty() ? "" : ", ") + name(change.what) + change.incident->rule_id.get();
    }
    return list;
  }
  static std::string name(IncidentChange::What what) {
    switch (what) {
      case IncidentChange::What::changed: return "changed ";
      case IncidentChange::What::opened: return "opened ";
      case IncidentChange::What::reopened: return "reopened ";
      case IncidentChange::What::diagnosed: return "diagnosed ";
      case IncidentChange::What::quiet: return "quiet ";
      case IncidentChange::What::resolved: return "resolved ";
    }
    return "";
  }
  const Incident& only() { return *correlator.incidents().front(); }
};

}  // namespace handshaked::correlate
