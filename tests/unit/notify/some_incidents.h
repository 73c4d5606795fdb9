#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "correlate/incident.h"
#include "notify/dispatcher.h"

namespace handshaked::notify {

/// So many seconds after noon of a Saturday, 2026-11-21, UTC.
inline Time at(double seconds) {
  const std::chrono::year_month_day date{std::chrono::year(2026), std::chrono::month(11),
                                         std::chrono::day(21)};
  return Time(std::chrono::sys_days(date) + std::chrono::hours(12)) +
         std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

/// A receiver that people read.
inline ReceiverPolicy people(const std::string& name) {
  return {.name = name, .for_people = true, .repeats = true};
}

/// An open upstream fault at peer 10.0.0.<number>.
inline correlate::Incident incident_at(int number, Time opened,
                                       match::Severity severity = match::Severity::warning) {
  correlate::Incident incident;
  incident.id =
      "inc-" + std::string(16 - std::to_string(number).size(), '0') + std::to_string(number);
  incident.fingerprint = "v1:" + std::to_string(number);
  incident.status = correlate::Status::open;
  incident.was_open = true;
  incident.severity = severity;
  incident.rule_id = "nginx/verify-20";
  incident.likeliest_cause = "upstream_ca_not_trusted";
  incident.place = {.side = parse::Side::upstream,
                    .peer = "10.0.0." + std::to_string(number) + ":443",
                    .name = "",
                    .server = "gw",
                    .object = "",
                    .scheme = "https"};
  incident.servers = {"gw", "www"};
  incident.hosts = {"proxy-1"};
  incident.opened_at = incident.last_seen_at = opened;
  incident.count = 1;
  return incident;
}

/// A dispatcher with the incidents that it is told of, and what it says in words.
class Town final : public LiveIncidents {
 public:
  explicit Town(std::vector<Route> routes = {},
                std::vector<ReceiverPolicy> receivers = {{.name = "ops"}},
                std::vector<MaintenanceWindow> maintenance = {})
      : dispatcher(Router(std::move(routes), std::move(receivers), std::chrono::seconds(10)),
                   std::move(maintenance)) {}

  const correlate::Incident* find(std::string_view id) const override {
    const auto it = live.find(std::string(id));
    return it == live.end() || it->second.status == correlate::Status::resolved ? nullptr
                                                                                : &it->second;
  }
  correlate::Incident& see(correlate::Incident incident, Time now) {
    correlate::Incident& kept = live[incident.id] = std::move(incident);
    dispatcher.observe(kept, now);
    return kept;
  }
  void seen(const correlate::Incident& incident, Time now) { dispatcher.observe(incident, now); }
  void resolve(correlate::Incident& incident, Time now) {
    incident.status = correlate::Status::resolved;
    incident.resolved_at = now;
    dispatcher.observe(incident, now);
  }
  void reopen(correlate::Incident& incident, Time now) {
    incident.status = correlate::Status::open;
    ++incident.reopens;
    dispatcher.observe(incident, now);
  }
  void diagnose(correlate::Incident& incident, const std::string& cause, Time now) {
    auto note = std::make_shared<correlate::DiagnosisNote>();
    note->cause = cause;
    incident.diagnosis = std::move(note);
    ++incident.diagnoses;
    dispatcher.observe(incident, now);
  }
  /// "ops opened 1; ops opened 2": receiver, kind, number of the incident; "+2" for company.
  std::string told(Time now) {
    const auto decisions = dispatcher.advance(now, *this);
    for (const NotificationRecord& state : decisions.told)
      database[{state.receiver, state.incident_id}] = to_json(state);
    for (const auto& gone : decisions.forgotten) database.erase(gone);
    std::string text;
    for (const Notice& notice : decisions.notices) {
      corrected = notice.is_correction;
      text += (text.empty() ? "" : "; ") + notice.receiver + " " +
              std::string(to_string(notice.kind)) + " " +
              std::to_string(std::stoi(notice.incident->id.text().substr(4)));
      if (notice.incidents.size() > 1) text += "+" + std::to_string(notice.incidents.size() - 1);
      ids.push_back(notice.receiver + "/" + notice.incident->id + "." +
                    std::string(to_string(notice.kind)) + "." + std::to_string(notice.number));
    }
    return text;
  }

  Dispatcher dispatcher;
  std::map<std::string, correlate::Incident> live;
  std::map<std::pair<std::string, std::string>, std::string> database;
  bool corrected = false;        ///< the last notice was a correction
  std::vector<std::string> ids;  ///< of all events, as receivers see them
};

inline Matcher matcher(const std::string& text) { return Matcher::parse(text).value(); }

}  // namespace handshaked::notify
