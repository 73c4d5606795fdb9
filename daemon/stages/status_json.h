#pragma once

#include <cstddef>
#include <string>

#include "telemetry/figures.h"

namespace handshaked::stages {

/// What `status` is answered with.
std::string status_json(const telemetry::Figures& figures, std::size_t active_silences);

}  // namespace handshaked::stages
