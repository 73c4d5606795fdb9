#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace handshaked::event {

/// What happened to an incident; the last word of a CloudEvents type.
enum class EventKind : std::uint8_t { opened, reopened, diagnosed, updated, resolved };
std::string_view to_string(EventKind kind);
std::optional<EventKind> event_kind_from_string(std::string_view name);

/// Names one row of the outbox: one event for one receiver. Given by the database, growing, never
/// used twice.
struct DeliveryId {
  std::int64_t value = 0;
  auto operator<=>(const DeliveryId&) const = default;
};

/// One event in the forms that receivers ask for. Rendered once, when it is put into the outbox, so
/// that every attempt tells the same under the same id.
struct RemediationEvent {
  std::string event_id;     ///< stable over attempts and restarts; receivers deduplicate by it
  std::string event_type;   ///< "io.handshaked.incident.opened"
  std::string incident_id;  ///< the CloudEvents subject
  std::string severity;     ///< "critical", "warning", "info"
  Time time;                ///< when it happened, not when it is sent
  std::string body;         ///< CloudEvents 1.0 in JSON, structured mode
  std::string summary;      ///< one line for people
  std::vector<std::pair<std::string, std::string>>
      data;  ///< the facts as names and values, most important first
};

}  // namespace handshaked::event
