#include "runtime/delivery/incident_commit.h"

#include <algorithm>

#include "base/json/json_writer.h"
#include "correlate/incident_title.h"
#include "correlate/present_rate.h"
#include "event/incident_event.h"
#include "parse/time_zone.h"
#include "runtime/delivery/store_outbox.h"
#include "runtime/texts.h"

namespace handshaked::runtime {
namespace {

using correlate::Incident;
using correlate::IncidentChange;

store::IncidentRow row_of(const Incident& incident) {
  return {.id = incident.id,
          .fingerprint = incident.fingerprint,
          .status = incident.status == correlate::Status::resolved ? store::IncidentStatus::resolved
                                                                   : store::IncidentStatus::open,
          .severity = std::string(match::to_string(incident.severity)),
          .opened_at = incident.opened_at,
          .last_seen_at = incident.last_seen_at,
          .resolved_at = incident.resolved_at,
          .state_json = incident.to_json()};
}

/// The member "group" of the event data: in which company the incident is told.
std::string group_json(const notify::Notice& notice, Language language, Time now) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("key", notice.group)
      .member("open", notice.open_count)
      .member("resolved", notice.resolved_count);
  json.key("incidents").begin_array();
  for (const Incident* const incident : notice.incidents) {
    json.begin_object()
        .member("id", incident->id.text())
        .member("status", correlate::to_string(incident->status));
    json.member("severity", match::to_string(incident->severity)).member("rule", incident->rule_id);
    json.member("side", parse::to_string(incident->place.side))
        .optional_member("peer", incident->place.peer);
    json.optional_member("server", incident->place.server)
        .optional_member("file", incident->place.object);
    json.member("title", correlate::incident_title(*incident, language))
        .optional_member("parent_id", incident->parent_id)
        .member("count", incident->count)
        .member("rate_per_minute", correlate::present_rate(*incident, now));
    json.member("opened_at", parse::format_rfc3339(incident->opened_at)).end_object();
  }
  json.end_array().end_object();
  return out;
}

/// " and 39 more".
std::string company(const notify::Notice& notice, Language language) {
  const std::size_t all = notice.open_count + notice.resolved_count;
  if (all < 2) return {};
  return texts().text(language, "company.others", {{"count", std::to_string(all - 1)}});
}

}  // namespace

void IncidentCommit::add(const std::vector<IncidentChange>& changes, store::Commit& commit) const {
  for (const IncidentChange& change : changes) {
    commit.incidents.push_back(row_of(*change.incident));
    const bool may_be_new = change.what == IncidentChange::What::diagnosed ||
                            change.what == IncidentChange::What::opened ||
                            change.what == IncidentChange::What::reopened;
    if (may_be_new && change.incident->diagnosis)
      commit.diagnoses.push_back({.incident_id = change.incident->id,
                                  .note_json = correlate::to_json(*change.incident->diagnosis)});
    // What it was taken for before had been diagnosed, perhaps.
    if (!change.incident->diagnosis && !change.incident->earlier_fingerprints.empty())
      commit.diagnoses.push_back({.incident_id = change.incident->id, .note_json = {}});
  }
}

void IncidentCommit::add(const notify::Dispatcher::Decisions& decisions, const RuleBase& base,
                         Time now, store::Commit& commit) const {
  for (const notify::Notice& notice : decisions.notices) add_delivery(notice, base, now, commit);
  for (const notify::NotificationRecord& told : decisions.told)
    commit.told.push_back({.receiver = told.receiver,
                           .incident_id = told.incident_id,
                           .state_json = notify::to_json(told)});
  for (const auto& [receiver, incident] : decisions.forgotten)
    commit.told.push_back({.receiver = receiver, .incident_id = incident, .state_json = {}});
}

void IncidentCommit::add_delivery(const notify::Notice& notice, const RuleBase& base, Time now,
                                  store::Commit& commit) const {
  const Incident& incident = *notice.incident;
  const auto receiver = std::find_if(
      receivers_.begin(), receivers_.end(),
      [&](const config::Receiver& candidate) { return candidate.name == notice.receiver; });
  if (receiver == receivers_.end()) return;
  event::EventOptions options{
      .host = host_, .language = receiver->language, .show_clients = receiver->show_clients};
  options.number = notice.number;
  if (!page_.empty()) options.page = page_ + "incidents/" + incident.id;
  options.command_options = command_options_;
  options.is_correction = notice.is_correction;
  options.silenced_by = notice.silenced_by;
  if (notice.is_grouped) options.group_json = group_json(notice, receiver->language, now);
  event::RemediationEvent event = event::make_event(
      notice.kind, incident, base.find(incident.rule_id), base.knowledge, now, options);
  if (notice.is_grouped) {
    if (!notice.anchor.empty()) event.incident_id = notice.anchor;
    event.summary += company(notice, receiver->language);
  }
  commit.deliveries.push_back(
      {.receiver = receiver->name,
       .event_id = event.event_id,
       .event_type = event.event_type,
       .incident_id = event.incident_id,
       .created_at = now,
       .not_before = now,
       .body = event_to_text(event),
       .event = std::make_shared<const event::RemediationEvent>(std::move(event))});
}

}  // namespace handshaked::runtime
