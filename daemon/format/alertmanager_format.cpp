#include "format/alertmanager_format.h"

#include <algorithm>

#include "format/alertmanager_alert.h"

namespace handshaked::format {
namespace {

constexpr std::string_view kNever = "0001-01-01T00:00:00Z";

Result<WireRequest> webhook_request(const event::RemediationEvent& event, Language language, const std::string& receiver) {
  const AlertmanagerAlert alert = make_alert(read_notification(event), language);
  const std::string_view status = alert.is_resolved() ? "resolved" : "firing";
  const auto name = std::find_if(alert.labels.begin(), alert.labels.end(), [](const auto& label) { return label.first == "alertname"; });
  const AlertLabels group = name == alert.labels.end() ? AlertLabels{} : AlertLabels{*name};
  WireRequest request;
  JsonWriter json(request.body);
  json.begin_object().member("version", "4").member("groupKey", "{}/{}:{incident=\"" + event.incident_id + "\"}");
  json.member("truncatedAlerts", 0).member("status", status).member("receiver", receiver);
  write_labels(json, "groupLabels", group);
  write_labels(json, "commonLabels", alert.labels);
  write_labels(json, "commonAnnotations", alert.annotations);
  json.member("externalURL", alert.generator_url).key("alerts").begin_array().begin_object().member("status", status);
  write_labels(json, "labels", alert.labels);
  write_labels(json, "annotations", alert.annotations);
  json.member("startsAt", alert.starts_at).member("endsAt", alert.is_resolved() ? std::string_view(alert.ends_at) : kNever);
  json.member("generatorURL", alert.generator_url).member("fingerprint", fingerprint_of(alert.labels));
  json.end_object().end_array().end_object();
  return request;
}

}  // namespace

WireFormat alertmanager_webhook_format(Language language, std::string receiver) {
  return {.request = [language, receiver = std::move(receiver)](const event::RemediationEvent& event, Time) {
    return webhook_request(event, language, receiver);
  }};
}

}  // namespace handshaked::format
