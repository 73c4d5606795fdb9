#pragma once

#include <string>

#include "telemetry/metrics.h"

namespace handshaked::web {

/// Sources and rules with series of their own; those beyond are added up under the name "(others)".
inline constexpr std::size_t kMostSourcesShown = 500;
inline constexpr std::size_t kMostRulesShown = 300;

/// The metrics in Prometheus' text format 0.0.4. README.md lists the metrics. Labels are names from
/// the configuration (sources, receivers) and ids of rules that were met.
std::string metrics_text(const telemetry::Metrics& metrics);

}  // namespace handshaked::web
