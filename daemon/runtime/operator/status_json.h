#pragma once

#include <cstddef>
#include <string>

#include "telemetry/metrics.h"

namespace handshaked::runtime {

/// Who has which partition of the group of workers: an object.
std::string group_json(const telemetry::GroupMetrics& group);

/// What `status` is answered with.
std::string status_json(const telemetry::Metrics& figures, std::size_t active_silences);

}  // namespace handshaked::runtime
