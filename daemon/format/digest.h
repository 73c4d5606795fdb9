#pragma once

#include <span>
#include <string>

#include "base/language.h"
#include "event/remediation_event.h"

namespace handshaked::format {

/// Many events told as one: how many, the worst severity, and a line for each of the worst hundred,
/// the worst first. `events` is not empty. The id is made of the ids of all, so that the same
/// events give the same digest. The type is "io.handshaked.digest"; the data has `items` (kind,
/// incident, severity, rate_per_minute, summary) and `left_out`. It belongs to no incident.
event::RemediationEvent make_digest(std::span<const event::RemediationEvent* const> events,
                                    Language language, Time now);

}  // namespace handshaked::format
