#include "cli/log/shown_incidents.h"

namespace handshaked::cli {

correlate::CorrelatorOptions show_everything() {
  correlate::CorrelatorOptions options;
  options.transport_lines = 1;
  options.transport_window = Duration(0);
  return options;
}

std::optional<correlate::Incident> incident_of_line(const correlate::FailureBatch& batch,
                                                    Time now) {
  correlate::Correlator correlator(show_everything());
  correlator.absorb(batch, now);
  const auto incidents = correlator.incidents();
  return incidents.empty() ? std::nullopt : std::optional(*incidents.front());
}

}  // namespace handshaked::cli
