#pragma once

#include <string>
#include <string_view>

#include "base/language.h"
#include "telemetry/metrics.h"

namespace handshaked::web {

/// The page of live incidents: what is broken where since when, why, the first fix that is proved, and what not to try; then receivers
/// and sources. `incidents` is {"total":N,"incidents":[…]} with event data as receivers get it, redacted already
/// (event/incident_event.h). HTML without scripts, forms and links to elsewhere.
std::string live_page(const telemetry::Metrics& figures, std::string_view incidents, Language language);

/// The policy that the page needs: nothing but its own style sheet, known by its hash.
const std::string& live_page_policy();

}  // namespace handshaked::web
