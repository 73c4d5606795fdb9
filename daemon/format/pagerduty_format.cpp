#include "format/pagerduty_format.h"

#include "base/json/json_writer.h"
#include "format/clean_text.h"
#include "format/message.h"

namespace handshaked::format {
namespace {

constexpr std::size_t kDedupKeyLimit = 255;
constexpr std::size_t kSummaryLimit = 1024;
constexpr std::size_t kDetailLimit = 32 * 1024;

void write_details(JsonWriter& json, const Message& message) {
  json.key("custom_details").begin_object();
  const auto detail = [&json](std::string_view name, std::string_view value) {
    if (!value.empty()) json.member(name, shortened(value, kDetailLimit, Measure::bytes));
  };
  detail("explanation", message.explanation);
  detail("impact", message.impact);
  detail("command", message.command);
  for (const MessageFact& fact : message.facts) detail(fact.label, fact.value);
  if (!message.fix_label.empty())
    detail(message.fix_label,
           message.fix_title + (message.fix_text.empty() ? "" : "\n" + message.fix_text));
  detail("patch", message.patch);
  detail("commands", message.commands);
  detail(message.words_label, message.words);
  if (!message.dead_ends.empty()) json.array(message.dead_ends_label, message.dead_ends);
  if (!message.items.empty()) json.array(message.items_label, message.items);
  detail(message.sample_label, message.sample);
  json.end_object();
}

Result<WireRequest> pagerduty_request(const event::RemediationEvent& event, Language language,
                                      const std::string& routing_key) {
  const Notification notification = read_notification(event);
  const Message message = compose_message(notification, language);
  const bool is_resolved = notification.is_resolved();
  WireRequest request;
  JsonWriter json(request.body);
  json.begin_object()
      .member("routing_key", routing_key)
      .member("event_action", is_resolved ? "resolve" : "trigger");
  const std::string& key = event.incident_id.empty() ? event.event_id : event.incident_id;
  json.member("dedup_key", shortened(plain_text(key), kDedupKeyLimit, Measure::bytes));
  if (!is_resolved) {
    json.member("client", "handshaked").key("payload").begin_object();
    json.member("summary", shortened(message.title, kSummaryLimit, Measure::utf16_units));
    const std::string& source =
        !notification.hosts.empty() ? notification.hosts.front() : notification.source;
    json.member("source", source.empty() ? "handshaked" : plain_text(source));
    const std::string& severity = notification.severity;
    json.member("severity", severity == "critical" || severity == "warning" ? severity : "info");
    json.optional_member("timestamp", plain_text(notification.time))
        .optional_member("component", plain_text(notification.peer));
    json.optional_member("group", plain_text(notification.server))
        .optional_member("class", plain_text(notification.rule_id));
    write_details(json, message);
    json.end_object();
    json.key("links").begin_array();
    if (!message.page.empty())
      json.begin_object()
          .member("href", message.page)
          .member("text", message.page_label)
          .end_object();
    if (!message.link.empty())
      json.begin_object()
          .member("href", message.link)
          .member("text", message.link_label)
          .end_object();
    json.end_array();
  }
  json.end_object();
  return request;
}

}  // namespace

WireFormat pagerduty_format(Language language, std::string routing_key) {
  return {.request = [language, routing_key = std::move(routing_key)](
                         const event::RemediationEvent& event, Time) {
    return pagerduty_request(event, language, routing_key);
  }};
}

}  // namespace handshaked::format
