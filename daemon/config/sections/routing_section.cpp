#include "config/sections/sections.h"

#include <algorithm>

#include "base/text/joined.h"
#include "parse/time_zone.h"

namespace handshaked::config {
namespace {

constexpr Duration kLeastRepeat = std::chrono::minutes(1);

std::vector<notify::Matcher> read_matchers(TableReader& table) {
  std::vector<std::string> texts;
  table.texts("matchers", texts);
  std::vector<notify::Matcher> matchers;
  for (const std::string& text : texts) {
    auto matcher = notify::Matcher::parse(text);
    if (matcher) matchers.push_back(std::move(matcher).value());
    else table.complain_about("matchers", matcher.error().context());
  }
  return matchers;
}

void read_duration(TableReader& table, std::string_view key, std::optional<Duration>& into) {
  std::chrono::milliseconds value{0};
  table.duration(key, value);
  if (table.has(key)) into = value;
}

void read_pace(TableReader& table, notify::Pace& pace) {
  read_duration(table, "group_wait", pace.group_wait);
  read_duration(table, "group_interval", pace.group_interval);
  read_duration(table, "repeat_interval", pace.repeat_interval);
  if (pace.repeat_interval && *pace.repeat_interval > Duration(0) &&
      *pace.repeat_interval < kLeastRepeat)
    table.complain_about("repeat_interval",
                         "repeat_interval must be at least \"1m\", or \"0s\" for never");
  bool send_resolved = true;
  table.flag("send_resolved", send_resolved);
  if (table.has("send_resolved")) pace.send_resolved = send_resolved;
  std::vector<std::string> names;
  table.texts("group_by", names);
  if (table.has("group_by")) pace.group_by.emplace();
  for (const std::string& name : names) {
    if (const auto label = notify::label_from_string(name)) pace.group_by->push_back(*label);
    else
      table.complain_about("group_by", "\"" + name + "\" is not a label; labels are " +
                                           joined(notify::label_names()));
  }
  names.clear();
  table.texts("events", names);
  if (table.has("events")) pace.events.emplace();
  for (const std::string& name : names) {
    if (const auto kind = event::event_kind_from_string(name)) pace.events->insert(*kind);
    else
      table.complain_about(
          "events",
          "\"" + name +
              "\" is not an event; events are opened, reopened, diagnosed, updated, resolved");
  }
}

std::optional<Time> read_moment(TableReader& table, std::string_view key) {
  std::string text;
  table.text(key, text);
  if (text.empty()) return std::nullopt;
  const auto moment = parse::parse_rfc3339(text);
  if (!moment)
    table.complain_about(
        key, std::string(key) + " must be a time such as \"2026-12-24T22:00:00+01:00\"");
  return moment ? std::optional(moment->utc) : std::nullopt;
}

std::optional<std::chrono::minutes> read_clock(TableReader& table, std::string_view key) {
  std::string text;
  table.text(key, text);
  if (text.empty()) return std::nullopt;
  const auto clock = notify::clock_from_string(text);
  if (!clock)
    table.complain_about(key, std::string(key) + " must be a time of day such as \"02:30\"");
  return clock;
}

void read_days(TableReader& table, notify::MaintenanceWindow& window) {
  std::vector<std::string> names;
  table.texts("days", names);
  for (const std::string& name : names) {
    if (const auto day = notify::weekday_from_string(name)) window.days.set(*day);
    else table.complain_about("days", "\"" + name + "\" is not a day; write \"mon\" or \"monday\"");
  }
}

}  // namespace

void read_route(TableReader& table, Config& config) {
  ConfiguredRoute configured{.route = {}, .file = table.file(), .line = table.line()};
  notify::Route& route = configured.route;
  route.name = "route " + std::to_string(config.routing.routes.size() + 1);
  table.text("name", route.name);
  route.matchers = read_matchers(table);
  if (!table.has("receivers"))
    table.complain("a route needs receivers: the names of those to notify; [] for none");
  table.texts("receivers", route.receivers);
  table.flag("continue", route.goes_on);
  read_pace(table, route.pace);
  config.routing.routes.push_back(std::move(configured));
}

void read_maintenance(TableReader& table, Config& config) {
  notify::MaintenanceWindow window;
  window.name = std::to_string(config.routing.maintenance.size() + 1);
  table.text("name", window.name);
  window.matchers = read_matchers(table);
  window.from = read_moment(table, "from");
  window.until = read_moment(table, "until");
  read_days(table, window);
  const auto start = read_clock(table, "start");
  const auto end = read_clock(table, "end");
  window.start = start.value_or(std::chrono::minutes(0));
  window.end = end.value_or(std::chrono::minutes(24 * 60));
  std::string zone_name = "local";
  table.text("time_zone", zone_name);
  auto zone = parse::TimeZone::named(zone_name);
  if (zone) window.zone = std::move(zone).value();
  else table.complain_about("time_zone", zone.error().context());
  const bool is_once = table.has("from") && table.has("until");
  const bool is_weekly = table.has("days");
  if (is_once == is_weekly)
    table.complain(
        "a maintenance window needs either from and until, or days (with start and end)");
  if (window.from && window.until && *window.until <= *window.from)
    table.complain_about("until", "until must be after from");
  config.routing.maintenance.push_back(std::move(window));
}

void check_routes(const Config& config, std::vector<ConfigProblem>& problems) {
  for (const ConfiguredRoute& configured : config.routing.routes) {
    for (const std::string& name : configured.route.receivers) {
      const bool is_known =
          std::any_of(config.receivers.begin(), config.receivers.end(),
                      [&](const Receiver& receiver) { return receiver.name == name; });
      if (!is_known)
        problems.push_back({configured.file, configured.line, 1,
                            "the route \"" + configured.route.name + "\" names the receiver \"" +
                                name + "\", which does not exist"});
    }
  }
}

notify::Router make_router(const Config& config) {
  std::vector<notify::ReceiverPolicy> policies;
  for (const Receiver& receiver : config.receivers) {
    const bool reminds_itself =
        receiver.type == Receiver::Type::pagerduty || receiver.type == Receiver::Type::alertmanager;
    policies.push_back({.name = receiver.name,
                        .for_people = receiver.is_for_people(),
                        .repeats = !reminds_itself});
  }
  std::vector<notify::Route> routes;
  for (const ConfiguredRoute& configured : config.routing.routes)
    routes.push_back(configured.route);
  return notify::Router(std::move(routes), std::move(policies), config.group_wait);
}

}  // namespace handshaked::config
