#include "notify/route.h"

#include <algorithm>

namespace handshaked::notify {
namespace {

constexpr Duration kGroupInterval = std::chrono::minutes(5);
constexpr Duration kRepeatCritical = std::chrono::hours(4);
constexpr Duration kRepeatOther = std::chrono::hours(24);

}  // namespace

std::string RouteTarget::group_key(const correlate::Incident& incident,
                                   const std::string& receiver_name) const {
  std::string key = receiver_name;
  if (!is_grouped) return key.append("\n").append(incident.id.text());
  // What was missed while nobody watched is told in one go.
  if (incident.late) return key + "\nlate";
  for (const Label label : *group_by) {
    key.append("\n").append(to_string(label)).push_back('=');
    std::string room;
    const auto values = values_of(incident, label, room);
    if (!values.empty()) key.append(values.front());
  }
  return key;
}

Router::Router(std::vector<Route> routes, std::vector<ReceiverPolicy> receivers,
               Duration group_wait)
    : routes_(std::move(routes)), receivers_(std::move(receivers)), group_wait_(group_wait) {}

std::vector<RouteTarget> Router::targets(const correlate::Incident& incident) const {
  std::vector<RouteTarget> targets;
  const auto add = [&](std::size_t receiver, const Route* route) {
    const bool has_target =
        std::any_of(targets.begin(), targets.end(),
                    [receiver](const RouteTarget& target) { return target.receiver == receiver; });
    if (!has_target) targets.push_back(make_target(receiver, route, incident));
  };
  bool is_routed = false;
  for (const Route& route : routes_) {
    if (!all_match(route.matchers, incident)) continue;
    is_routed = true;
    for (const std::string& name : route.receivers) {
      for (std::size_t i = 0; i < receivers_.size(); ++i) {
        if (receivers_[i].name == name) add(i, &route);
      }
    }
    if (!route.goes_on) break;
  }
  for (std::size_t i = 0; !is_routed && i < receivers_.size(); ++i) add(i, nullptr);
  return targets;
}

RouteTarget Router::target_for(std::size_t receiver, const correlate::Incident& incident) const {
  for (const Route& route : routes_) {
    if (!all_match(route.matchers, incident)) continue;
    const bool leads_there = std::find(route.receivers.begin(), route.receivers.end(),
                                       receivers_[receiver].name) != route.receivers.end();
    if (leads_there) return make_target(receiver, &route, incident);
    if (!route.goes_on) break;
  }
  return make_target(receiver, nullptr, incident);
}

RouteTarget Router::make_target(std::size_t receiver, const Route* route,
                                const correlate::Incident& incident) const {
  static const Pace kUsual;
  const Pace& pace = route != nullptr ? route->pace : kUsual;
  const ReceiverPolicy& policy = receivers_[receiver];
  RouteTarget target;
  target.receiver = receiver;
  target.route = route;
  static const std::vector kByCause{Label::cause};
  static const std::vector kAlone{Label::incident};
  target.group_by = pace.group_by ? &*pace.group_by : policy.for_people ? &kByCause : &kAlone;
  target.is_grouped = std::find(target.group_by->begin(), target.group_by->end(),
                                Label::incident) == target.group_by->end();
  target.group_wait = pace.group_wait.value_or(group_wait_);
  target.group_interval = pace.group_interval.value_or(kGroupInterval);
  const Duration usual_repeat =
      incident.severity == match::Severity::critical ? kRepeatCritical : kRepeatOther;
  if (pace.repeat_interval) target.repeat_interval = pace.repeat_interval;
  else if (policy.repeats) target.repeat_interval = usual_repeat;
  if (target.repeat_interval && *target.repeat_interval <= Duration(0))
    target.repeat_interval.reset();
  target.send_resolved = pace.send_resolved.value_or(true);
  target.events = 0x1F;
  if (pace.events) {
    target.events = 0;
    for (const event::EventKind kind : *pace.events)
      target.events |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind));
  }
  return target;
}

}  // namespace handshaked::notify
