#include "format/alertmanager_format.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text/joined.h"
#include "format/clean_text.h"
#include "format/message.h"
#include "parse/time_zone.h"

namespace handshaked::format {
namespace {

constexpr std::size_t kLabelLimit = 1024;
constexpr std::size_t kAnnotationLimit = 16 * 1024;

void add(AlertLabels& labels, std::string_view name, std::string_view value, std::size_t limit,
         bool keep_lines = false) {
  std::string text = shortened(plain_text(value, keep_lines), limit, Measure::bytes);
  if (!text.empty()) labels.emplace_back(name, std::move(text));
}

std::string joined_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "- " : "\n- ") + line;
  return text;
}

AlertLabels labels_of(const Notification& notification) {
  AlertLabels labels;
  const auto label = [&labels](std::string_view name, std::string_view value) {
    add(labels, name, value, kLabelLimit);
  };
  label("alertname", notification.kind == "digest" ? "handshaked-digest" : notification.rule_id);
  label("incident", notification.subject);
  label("name", notification.name);
  label("peer", notification.peer);
  label("server", notification.server);
  label("severity", notification.severity);
  label("side", notification.side);
  label("source", notification.source);
  if (labels.empty() || labels.front().first != "alertname") label("alertname", "handshaked");
  std::sort(labels.begin(), labels.end());
  return labels;
}

AlertLabels annotations_of(const Notification& notification, Language language) {
  const Message message = compose_message(notification, language);
  AlertLabels annotations;
  const auto note = [&annotations](std::string_view name, std::string_view value) {
    add(annotations, name, value, kAnnotationLimit, true);
  };
  note(notification.is_cause_open() ? "candidate" : "cause", notification.cause);
  note("command", message.command);
  note("count", std::to_string(notification.count));
  note("dead_ends", joined_lines(message.dead_ends));
  note("description", message.explanation);
  std::string fix = message.fix_label.empty() ? "" : message.fix_label + ": " + message.fix_title;
  if (!message.fix_text.empty()) fix += "\n" + message.fix_text;
  note("fix", fix);
  note("hosts", joined(notification.hosts));
  note("impact", message.impact);
  note("page", message.page);
  note("patch", message.patch);
  if (!notification.file.empty())
    note("place", notification.file +
                      (notification.line > 0 ? ":" + std::to_string(notification.line) : ""));
  note("runbook_url", message.link);
  note("summary", message.title);
  return annotations;
}

constexpr std::string_view kNever = "0001-01-01T00:00:00Z";

Result<WireRequest> webhook_request(const event::RemediationEvent& event, Language language,
                                    const std::string& receiver) {
  const AlertmanagerAlert alert = make_alert(read_notification(event), language);
  const std::string_view status = alert.is_resolved() ? "resolved" : "firing";
  const auto name = std::find_if(alert.labels.begin(), alert.labels.end(),
                                 [](const auto& label) { return label.first == "alertname"; });
  const AlertLabels group = name == alert.labels.end() ? AlertLabels{} : AlertLabels{*name};
  WireRequest request;
  JsonWriter json(request.body);
  json.begin_object()
      .member("version", "4")
      .member("groupKey", "{}/{}:{incident=\"" + event.incident_id + "\"}");
  json.member("truncatedAlerts", 0).member("status", status).member("receiver", receiver);
  write_labels(json, "groupLabels", group);
  write_labels(json, "commonLabels", alert.labels);
  write_labels(json, "commonAnnotations", alert.annotations);
  json.member("externalURL", alert.generator_url)
      .key("alerts")
      .begin_array()
      .begin_object()
      .member("status", status);
  write_labels(json, "labels", alert.labels);
  write_labels(json, "annotations", alert.annotations);
  json.member("startsAt", alert.starts_at)
      .member("endsAt", alert.is_resolved() ? std::string_view(alert.ends_at) : kNever);
  json.member("generatorURL", alert.generator_url)
      .member("fingerprint", fingerprint_of(alert.labels));
  json.end_object().end_array().end_object();
  return request;
}

}  // namespace

AlertmanagerAlert make_alert(const Notification& notification, Language language) {
  AlertmanagerAlert alert;
  alert.labels = labels_of(notification);
  alert.annotations = annotations_of(notification, language);
  alert.starts_at =
      plain_text(!notification.opened_at.empty() ? notification.opened_at : notification.time);
  if (notification.is_resolved())
    alert.ends_at = plain_text(!notification.resolved_at.empty() ? notification.resolved_at
                                                                 : notification.time);
  for (const char* const wanted : {"page", "runbook_url"}) {
    const auto url = std::find_if(alert.annotations.begin(), alert.annotations.end(),
                                  [&](const auto& note) { return note.first == wanted; });
    if (url == alert.annotations.end() || !alert.generator_url.empty()) continue;
    alert.generator_url = url->second;
  }
  return alert;
}

void write_labels(JsonWriter& json, std::string_view name, const AlertLabels& labels) {
  json.key(name).begin_object();
  for (const auto& [label, value] : labels) json.member(label, value);
  json.end_object();
}

void write_postable_alert(JsonWriter& json, const AlertmanagerAlert& alert, Time hold_until) {
  json.begin_object();
  write_labels(json, "labels", alert.labels);
  write_labels(json, "annotations", alert.annotations);
  json.optional_member("startsAt", alert.starts_at);
  json.member("endsAt", alert.is_resolved() ? alert.ends_at : parse::format_rfc3339(hold_until));
  json.optional_member("generatorURL", alert.generator_url).end_object();
}

std::string fingerprint_of(const AlertLabels& labels) {
  std::string text;
  for (const auto& [name, value] : labels)
    text.append(name).append(1, '\xFF').append(value).append(1, '\xFF');
  return sha256_hex(text, 16);
}

WireFormat alertmanager_webhook_format(Language language, std::string receiver) {
  return {.request = [language, receiver = std::move(receiver)](
                         const event::RemediationEvent& event, Time) {
    return webhook_request(event, language, receiver);
  }};
}

}  // namespace handshaked::format
