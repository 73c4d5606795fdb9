#include "cli/operator/notification_forecast.h"

#include <simdjson.h>

#include <algorithm>

#include "base/text/joined.h"
#include "config/config.h"
#include "control/control_client.h"

namespace handshaked::cli {
namespace {

constexpr auto kPatience = std::chrono::seconds(2);

/// nullopt when there is no daemon, or it refuses.
std::optional<std::string> ask(const std::string& socket, const std::string& verb,
                               const std::string& name, const std::string& value) {
  control::ControlRequest request{.verb = verb, .arguments = {}, .peer = {}};
  if (!name.empty()) request.arguments[name] = {value};
  auto answer = control::ask_daemon(socket, request, kPatience);
  if (!answer || !answer.value().is_ok) return std::nullopt;
  return std::move(answer.value().result);
}

void find_silences(const std::string& json, const correlate::Incident& incident,
                   NotificationForecast& forecast) {
  simdjson::dom::parser parser;
  simdjson::dom::array silences;
  if (parser.parse(json)["silences"].get(silences) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element silence : silences) {
    bool is_active = false;
    std::string_view id;
    simdjson::dom::array texts;
    if (silence["active"].get(is_active) != simdjson::SUCCESS || !is_active ||
        silence["id"].get(id) != simdjson::SUCCESS ||
        silence["matchers"].get(texts) != simdjson::SUCCESS)
      continue;
    std::vector<std::string> list;
    for (const simdjson::dom::element text : texts) {
      if (std::string_view value; text.get(value) == simdjson::SUCCESS) list.emplace_back(value);
    }
    const auto matchers = notify::parse_matchers(list);
    if (matchers && notify::all_match(matchers.value(), incident))
      forecast.silenced_by.emplace_back(id);
  }
}

void find_live(const std::string& json, NotificationForecast& forecast) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view id;
  if (parser.parse(json).get(root) != simdjson::SUCCESS ||
      root["incident"]["id"].get(id) != simdjson::SUCCESS)
    return;
  forecast.live_incident = id;
  simdjson::dom::array told;
  if (root["told"].get(told) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element name : told) {
    if (std::string_view value; name.get(value) == simdjson::SUCCESS)
      forecast.told.emplace_back(value);
  }
}

}  // namespace

NotificationForecast forecast_notification(const correlate::Incident& incident,
                                           const config::Config& config, Time now) {
  NotificationForecast forecast;
  const notify::Router router = config::make_router(config);
  for (const notify::RouteTarget& target : router.targets(incident)) {
    NotificationForecast::RouteTarget one;
    one.receiver = router.receivers()[target.receiver].name;
    if (target.route != nullptr) one.route = target.route->name;
    if (target.is_grouped) {
      one.group_by = target.group_by->empty()
                         ? "everything"
                         : joined(*target.group_by, ", ",
                                  [](notify::Label label) { return to_string(label); });
    }
    one.wait = incident.severity == match::Severity::critical ? Duration(0) : target.group_wait;
    one.repeat = target.repeat_interval;
    one.send_resolved = target.send_resolved;
    const auto receiver = std::find_if(
        config.receivers.begin(), config.receivers.end(),
        [&](const config::Receiver& candidate) { return candidate.name == one.receiver; });
    if (receiver != config.receivers.end())
      one.messages_per_minute = receiver->messages_per_minute.value_or(0);
    forecast.targets.push_back(std::move(one));
  }
  for (const notify::MaintenanceWindow& window : config.routing.maintenance) {
    if (notify::all_match(window.matchers, incident) && window.is_active(now))
      forecast.silenced_by.push_back("maintenance:" + window.name);
  }
  if (config.control.socket.empty()) return forecast;
  if (const auto silences = ask(config.control.socket, "silence.list", "", "")) {
    forecast.daemon_answers = true;
    find_silences(*silences, incident, forecast);
    if (const auto live =
            ask(config.control.socket, "incidents.find", "fingerprint", incident.fingerprint))
      find_live(*live, forecast);
  }
  return forecast;
}

}  // namespace handshaked::cli
