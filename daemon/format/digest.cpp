#include "format/digest.h"

#include <algorithm>
#include <vector>

#include "base/digest.h"
#include "base/json/json_writer.h"
#include "correlate/severity.h"
#include "correlate/urgency.h"
#include "format/notification.h"
#include "format/texts.h"

namespace handshaked::format {
namespace {

constexpr std::size_t kItemsTold = 100;

std::string kind_of(const event::RemediationEvent& event) {
  return event.event_type.substr(event.event_type.rfind('.') + 1);
}

/// An event, and how bad what it tells of was then.
struct Told {
  const event::RemediationEvent* event;
  Notification notification;
  correlate::Urgency urgency;
};

std::vector<Told> worst_first(std::span<const event::RemediationEvent* const> events) {
  std::vector<Told> told;
  for (const event::RemediationEvent* const event : events) {
    Notification read = read_notification(*event);
    const correlate::Urgency urgency{
        .is_over = read.is_resolved(),
        .severity = correlate::severity_named(event->severity),
        .rate = read.rate_per_minute,
        .count = static_cast<std::uint64_t>(std::max<std::int64_t>(read.count, 0)),
        .opened_at = {}};
    told.push_back({event, std::move(read), urgency});
  }
  std::stable_sort(told.begin(), told.end(), [](const Told& a, const Told& b) {
    return correlate::is_worse(a.urgency, b.urgency);
  });
  return told;
}

}  // namespace

event::RemediationEvent make_digest(std::span<const event::RemediationEvent* const> events,
                                    Language language, Time now) {
  event::RemediationEvent digest;
  digest.event_type = "io.handshaked.digest";
  digest.severity = "info";
  digest.time = now;
  std::string ids;
  std::size_t resolved = 0;
  for (const event::RemediationEvent* event : events) {
    ids += event->event_id + "\n";
    const bool is_over = kind_of(*event) == "resolved";
    resolved += is_over ? 1 : 0;
    if (!is_over &&
        correlate::severity_named(event->severity) > correlate::severity_named(digest.severity))
      digest.severity = event->severity;
  }
  digest.event_id = "digest-" + sha256_hex(ids, 24);
  digest.summary =
      Texts(texts(), language)("digest.summary", {{"severity", digest.severity},
                                                  {"count", std::to_string(events.size())},
                                                  {"resolved", std::to_string(resolved)}});
  const std::vector<Told> told = worst_first(events);
  const Notification first = read_notification(*events.front());
  JsonWriter json(digest.body);
  json.begin_object()
      .member("specversion", "1.0")
      .member("id", digest.event_id)
      .member("type", digest.event_type);
  json.member("source", first.source.empty() ? "/handshaked" : first.source)
      .optional_member("time", first.time);
  json.member("datacontenttype", "application/json")
      .member("dataschema", "https://handshaked.io/schema/digest-1.json");
  json.key("data")
      .begin_object()
      .member("severity", digest.severity)
      .member("count", events.size())
      .key("items")
      .begin_array();
  for (std::size_t index = 0; index < told.size() && index < kItemsTold; ++index) {
    const event::RemediationEvent& event = *told[index].event;
    json.begin_object()
        .member("kind", kind_of(event))
        .member("incident", event.incident_id)
        .member("severity", event.severity);
    json.member("rate_per_minute", told[index].notification.rate_per_minute)
        .member("summary", event.summary)
        .end_object();
  }
  json.end_array()
      .member("left_out", events.size() > kItemsTold ? events.size() - kItemsTold : 0)
      .end_object()
      .end_object();
  digest.data = {{"count", std::to_string(events.size())}, {"severity", digest.severity}};
  return digest;
}

}  // namespace handshaked::format
