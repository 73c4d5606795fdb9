#include "runtime/operator/operator_json.h"

#include "correlate/incident_title.h"
#include "correlate/present_rate.h"
#include "correlate/quiet.h"
#include "parse/time_zone.h"

namespace handshaked::runtime {
namespace {

using correlate::Incident;
using store::DeliveryStatus;

void separate(std::string& rows) {
  if (!rows.empty()) rows.push_back(',');
}

std::string_view name_of(DeliveryStatus status) {
  switch (status) {
    case DeliveryStatus::ready: return "waiting";
    case DeliveryStatus::behind: return "behind";
    case DeliveryStatus::delivered: return "delivered";
    case DeliveryStatus::dead: return "dead";
    case DeliveryStatus::discarded: return "discarded";
  }
  return "";
}

}  // namespace

void append_summary(std::string& rows, const Incident& incident,
                    const std::vector<std::string>& silenced_by, Time now) {
  separate(rows);
  std::string row;  // a writer of its own: it must not put a comma before the object
  JsonWriter json(row);
  json.begin_object()
      .member("id", incident.id.text())
      .optional_member("parent_id", incident.parent_id);
  json.member("status", correlate::to_string(incident.status))
      .member("severity", match::to_string(incident.severity));
  json.member("rule", incident.rule_id)
      .member("title", correlate::incident_title(incident, Language::en));
  json.member("title_zh", correlate::incident_title(incident, Language::zh));
  json.member("cause", incident.cause()).member("diagnosed", incident.diagnosis != nullptr);
  json.member("confidence",
              incident.diagnosis ? incident.diagnosis->confidence : incident.likelihood);
  json.member("side", parse::to_string(incident.place.side))
      .optional_member("peer", incident.place.peer);
  json.optional_member("server", incident.place.server)
      .optional_member("file", incident.place.object);
  json.member("count", incident.count)
      .member("rate_per_minute", correlate::present_rate(incident, now))
      .member("clients", correlate::distinct_clients(incident))
      .member("hosts", incident.hosts.size());
  json.member("opened_at", parse::format_rfc3339(incident.opened_at))
      .member("last_seen_at", parse::format_rfc3339(incident.last_seen_at));
  if (incident.resolved_at)
    json.member("resolved_at", parse::format_rfc3339(*incident.resolved_at))
        .member("resolved_by", incident.resolved_by);
  json.member("flapping", incident.flapping)
      .member("reopens", incident.reopens)
      .member("noise", incident.noise);
  if (correlate::is_quiet_failing(incident)) json.member("quiet_still_failing", true);
  json.array("silenced_by", silenced_by).end_object();
  rows += row;
}

control::ControlAnswer incident_list(const std::string& rows, std::size_t total) {
  return control::ControlAnswer::done("{\"total\":" + std::to_string(total) + ",\"incidents\":[" +
                                      rows + "]}");
}

void write_life(JsonWriter& json, const Incident& incident) {
  json.member("pending", incident.status == correlate::Status::pending)
      .member("history", incident.history)
      .member("late", incident.late);
  if (incident.reopened_at)
    json.member("reopened_at", parse::format_rfc3339(*incident.reopened_at));
  if (incident.anomalous_at)
    json.member("anomalous_at", parse::format_rfc3339(*incident.anomalous_at));
  json.member("diagnosing", incident.diagnosing_until.has_value())
      .member("passed_probe_rounds", incident.passed_rounds);
  json.key("notes").begin_array();
  for (const correlate::OperatorNote& note : incident.notes) {
    json.begin_object()
        .member("at", parse::format_rfc3339(note.at))
        .member("author", note.author)
        .member("text", note.text)
        .end_object();
  }
  json.end_array();
}

void append_silence(std::string& rows, const notify::Silence& silence, Time now) {
  separate(rows);
  std::string row;
  JsonWriter json(row);
  json.begin_object()
      .member("id", silence.id)
      .member("active", silence.is_active(now))
      .array("matchers", texts_of(silence.matchers));
  json.member("starts_at", parse::format_rfc3339(silence.starts_at))
      .member("ends_at", parse::format_rfc3339(silence.ends_at));
  json.member("created_at", parse::format_rfc3339(silence.created_at))
      .member("created_by", silence.created_by);
  json.member("comment", silence.comment).end_object();
  rows += row;
}

void append_delivery(std::string& rows, const store::OutboxRow& row, bool with_body) {
  separate(rows);
  std::string text;
  JsonWriter json(text);
  json.begin_object()
      .member("id", row.id.value)
      .member("receiver", row.receiver)
      .member("event_id", row.event_id);
  json.member("event_type", row.event_type)
      .member("incident_id", row.incident_id)
      .member("status", name_of(row.status));
  json.member("created_at", parse::format_rfc3339(row.created_at))
      .member("not_before", parse::format_rfc3339(row.not_before));
  json.member("attempts", row.attempts).optional_member("last_error", row.last_error);
  if (row.finished_at) json.member("finished_at", parse::format_rfc3339(*row.finished_at));
  if (with_body) json.member("body", row.body);
  json.end_object();
  rows += text;
}

Result<std::vector<DeliveryStatus>> statuses_of(std::string_view name) {
  using enum DeliveryStatus;
  if (name.empty()) return std::vector{ready, behind, dead};
  if (name == "all") return std::vector<DeliveryStatus>{};
  if (name == "waiting") return std::vector{ready, behind};
  if (name == "dead") return std::vector{dead};
  if (name == "delivered") return std::vector{delivered};
  if (name == "discarded") return std::vector{discarded};
  return fail(ErrorCode::invalid_input,
              "\"" + std::string(name.substr(0, 64)) +
                  "\" is not a status: waiting, dead, delivered, discarded or all");
}

}  // namespace handshaked::runtime
