#pragma once

#include <string>

#include "base/language.h"
#include "format/wire_format.h"

namespace handshaked::format {

/// PagerDuty Events API v2 (developer.pagerduty.com, "Send an alert event"): a trigger while the
/// incident is open, a resolve when it is over; the incident's id is the dedup_key, so that repeats
/// never page twice. Limits: dedup_key 255 characters, summary 1,024, 512 KB.
WireFormat pagerduty_format(Language language, std::string routing_key);

}  // namespace handshaked::format
