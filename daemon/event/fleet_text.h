#pragma once

#include <string>

#include "base/language.h"
#include "correlate/incident.h"

namespace handshaked::event {

/// "on 5 of 40 hosts", "over on 2 of 40 hosts".
std::string spread_text(const correlate::FleetSpread& fleet, Language language);

/// "OpenSSL: 3.0.15 on the affected hosts, 3.0.17 on the others".
std::string difference_text(const correlate::FactDifference& difference, Language language);

}  // namespace handshaked::event
