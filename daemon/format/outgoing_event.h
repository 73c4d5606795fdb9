#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace handshaked::format {

/// One event in the forms that receivers ask for. Rendered once, when it is put into the outbox, so that every attempt tells
/// the same under the same id.
struct OutgoingEvent {
  std::string event_id;                                   ///< stable over attempts and restarts; receivers deduplicate by it
  std::string event_type;                                 ///< "io.handshaked.incident.opened"
  std::string incident_id;                                ///< the CloudEvents subject
  std::string severity;                                   ///< "critical", "warning", "info"
  Time time;                                              ///< when it happened, not when it is sent
  std::string body;                                       ///< CloudEvents 1.0 in JSON, structured mode
  std::string summary;                                    ///< one line for people
  std::vector<std::pair<std::string, std::string>> data;  ///< the facts as names and values, most important first
};

}  // namespace handshaked::format
