#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "event/remediation_event.h"
#include "notify/matcher.h"

namespace handshaked::notify {

/// How often and in which company a receiver is told; nothing: what suits the receiver and the
/// severity.
struct Pace {
  std::optional<std::vector<Label>> group_by;
  std::optional<Duration> group_wait, group_interval, repeat_interval;
  std::optional<bool> send_resolved;
  std::optional<std::set<event::EventKind>> events;
};

/// One [[route]] of the configuration: which incidents go to which receivers. Routes are asked in
/// order; the first that matches decides, unless it goes on. Without receivers: nobody is told.
struct Route {
  std::string name;
  std::vector<Matcher> matchers;
  std::vector<std::string> receivers;
  bool goes_on = false;  ///< `continue = true`: later routes are asked as well
  Pace pace;
};

/// What is usual for one receiver.
struct ReceiverPolicy {
  std::string name;
  bool for_people =
      false;            ///< grouped by cause; no `updated` except when it gets worse, and reminders
  bool repeats = true;  ///< false: it keeps reminding by itself (PagerDuty, Alertmanager)
};

/// One incident on its way to one receiver, every value decided.
struct RouteTarget {
  std::size_t receiver = 0;      ///< index into Router::receivers()
  const Route* route = nullptr;  ///< nullptr: no route matched, every receiver is told
  const std::vector<Label>* group_by = nullptr;  ///< never nullptr; lives as long as the router
  bool is_grouped = false;                       ///< false: a group of its own for each incident
  Duration group_wait{}, group_interval{};
  std::optional<Duration> repeat_interval;  ///< nothing: never
  bool send_resolved = true;
  std::uint8_t events = 0;  ///< a bit for each event::EventKind that is wanted

  bool wants(event::EventKind kind) const {
    return (events & (1U << static_cast<unsigned>(kind))) != 0;
  }
  /// Names the group of `incident` on this target: the receiver, and the values of group_by.
  std::string group_key(const correlate::Incident& incident,
                        const std::string& receiver_name) const;
};

/// Which incidents go where, as the configuration says. Immutable; pure.
class Router {
 public:
  /// An incident that no route matches goes to every receiver, at the usual pace with `group_wait`.
  /// Receivers that routes name are among `receivers` (the configuration was checked).
  Router(std::vector<Route> routes, std::vector<ReceiverPolicy> receivers, Duration group_wait);

  /// At most one target a receiver: that of the first route that names it.
  std::vector<RouteTarget> targets(const correlate::Incident& incident) const;
  /// The target to one receiver; the usual pace when no route leads there (any more).
  RouteTarget target_for(std::size_t receiver, const correlate::Incident& incident) const;
  const std::vector<ReceiverPolicy>& receivers() const { return receivers_; }
  const std::vector<Route>& routes() const { return routes_; }

 private:
  RouteTarget make_target(std::size_t receiver, const Route* route,
                          const correlate::Incident& incident) const;

  std::vector<Route> routes_;
  std::vector<ReceiverPolicy> receivers_;
  Duration group_wait_;
};

}  // namespace handshaked::notify
