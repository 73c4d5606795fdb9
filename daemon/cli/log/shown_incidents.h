#pragma once

#include <optional>

#include "correlate/correlator.h"

namespace handshaked::cli {

/// For verbs that look at lines afterwards: what the daemon would wait with, until it persists, is
/// an incident at once.
correlate::CorrelatorOptions show_everything();

/// The incident that one line makes, as if it had persisted; nullopt when it makes none. `batch`
/// holds what was found in it.
std::optional<correlate::Incident> incident_of_line(const correlate::FailureBatch& batch, Time now);

}  // namespace handshaked::cli
