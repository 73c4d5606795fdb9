#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/config.h"
#include "correlate/incident.h"

namespace handshaked::cli {

/// What would become of the notification of an incident: who is told, in which company and how
/// soon, or what holds it back. From the configuration, and from the running daemon where it
/// answers.
struct NotificationForecast {
  struct RouteTarget {
    std::string receiver;
    std::string route;     ///< empty: no route matches, and everybody is told
    std::string group_by;  ///< "cause"; empty: told alone
    Duration wait{};
    std::optional<Duration> repeat;  ///< nothing: never
    bool send_resolved = true;
    std::uint32_t messages_per_minute = 0;  ///< 0: no limit; more become a digest
  };
  std::vector<RouteTarget> targets;
  std::vector<std::string> silenced_by;
  bool daemon_answers = false;
  std::string live_incident;      ///< the line would join it; empty: it would open one
  std::vector<std::string> told;  ///< receivers that have heard of that incident
};

NotificationForecast forecast_notification(const correlate::Incident& incident,
                                           const config::Config& config, Time now);

}  // namespace handshaked::cli
