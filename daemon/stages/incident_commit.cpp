#include "stages/incident_commit.h"

#include "emit/remediation_event.h"
#include "stages/store_outbox.h"

namespace handshaked::stages {
namespace {

using correlate::Incident;
using correlate::IncidentChange;

store::IncidentRow row_of(const Incident& incident) {
  return {.id = incident.id,
          .fingerprint = incident.fingerprint,
          .status = incident.status == correlate::Status::resolved ? store::IncidentStatus::resolved : store::IncidentStatus::open,
          .severity = std::string(match::to_string(incident.severity)),
          .opened_at = incident.opened_at,
          .last_seen_at = incident.last_seen_at,
          .resolved_at = incident.resolved_at,
          .state_json = incident.to_json()};
}

emit::OutgoingEvent outgoing(emit::RemediationEvent event, const Incident& incident) {
  emit::OutgoingEvent out{.event_id = std::move(event.id),
                          .event_type = std::move(event.type),
                          .incident_id = incident.id,
                          .severity = std::move(event.severity),
                          .time = event.time,
                          .body = std::move(event.body),
                          .summary = std::move(event.summary),
                          .data = {}};
  const auto fact = [&out](const char* name, const std::string& value) {
    if (!value.empty()) out.data.emplace_back(name, value);
  };
  fact("incident", incident.id);
  fact("rule", incident.rule_id);
  fact("severity", out.severity);
  fact("side", std::string(parse::to_string(incident.place.side)));
  fact("peer", incident.place.peer);
  fact("server", incident.place.server);
  fact("file", incident.place.object);
  fact("cause", incident.likeliest_cause);
  fact("count", std::to_string(incident.count));
  return out;
}

}  // namespace

bool IncidentCommit::add(const std::vector<IncidentChange>& changes, const RuleBase& base, Time now, store::Commit& commit) const {
  bool urgent = false;
  for (const IncidentChange& change : changes) {
    commit.incidents.push_back(row_of(*change.incident));
    if (change.what == IncidentChange::What::changed) continue;
    urgent = true;
    add_deliveries(change, base, now, commit);
  }
  return urgent;
}

void IncidentCommit::add_deliveries(const IncidentChange& change, const RuleBase& base, Time now, store::Commit& commit) const {
  const Incident& incident = *change.incident;
  const auto kind = change.what == IncidentChange::What::resolved ? emit::EventKind::resolved : emit::EventKind::opened;
  const match::Rule* const rule = base.find(incident.rule_id);
  for (const config::Receiver& receiver : receivers_) {
    const emit::EventOptions options{.host = host_, .language = receiver.language, .show_clients = receiver.show_clients};
    const emit::OutgoingEvent event = outgoing(emit::make_event(kind, incident, rule, base.knowledge, now, options), incident);
    commit.deliveries.push_back({.receiver = receiver.name,
                                 .event_id = event.event_id,
                                 .event_type = event.event_type,
                                 .incident_id = incident.id,
                                 .created_at = now,
                                 .not_before = now,
                                 .body = event_to_text(event)});
  }
}

}  // namespace handshaked::stages
