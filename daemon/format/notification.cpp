#include "format/notification.h"

#include <simdjson.h>

#include <algorithm>
#include <string_view>

#include "correlate/incident_title.h"

namespace handshaked::format {
namespace {

using Object = simdjson::dom::object;
using Array = simdjson::dom::array;
using Element = simdjson::dom::element;

constexpr std::size_t kMaxListed = 64;

std::string text_of(const Object& object, std::string_view key) {
  std::string_view value;
  return object[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}

std::int64_t number_of(const Object& object, std::string_view key) {
  std::int64_t value = 0;
  return object[key].get(value) == simdjson::SUCCESS ? value : 0;
}

std::optional<double> rate_of(const Object& object) {
  double rate = 0;
  return object["rate_per_minute"].get(rate) == simdjson::SUCCESS ? std::optional(rate)
                                                                  : std::nullopt;
}

bool flag_of(const Object& object, std::string_view key) {
  bool value = false;
  return object[key].get(value) == simdjson::SUCCESS && value;
}

std::vector<std::string> texts_of(const Object& object, std::string_view key) {
  std::vector<std::string> texts;
  Array list;
  if (object[key].get(list) != simdjson::SUCCESS) return texts;
  for (const Element item : list) {
    std::string_view value;
    if (texts.size() < kMaxListed && item.get(value) == simdjson::SUCCESS)
      texts.emplace_back(value);
  }
  return texts;
}

template <class Visit>
void visit_objects(const Object& object, std::string_view key, Visit visit) {
  Array list;
  if (object[key].get(list) != simdjson::SUCCESS) return;
  std::size_t seen = 0;
  for (const Element item : list) {
    Object entry;
    if (++seen <= kMaxListed && item.get(entry) == simdjson::SUCCESS) visit(entry);
  }
}

ProofStatus proof_of(const Object& object) {
  Object proof;
  if (object["proof"].get(proof) != simdjson::SUCCESS) return ProofStatus::untested;
  const std::string status = text_of(proof, "status");
  return status == "proved"    ? ProofStatus::proved
         : status == "refuted" ? ProofStatus::refuted
                               : ProofStatus::untested;
}

std::string proof_detail_of(const Object& object) {
  Object proof;
  return object["proof"].get(proof) == simdjson::SUCCESS ? text_of(proof, "detail") : std::string();
}

void read_incident(const Object& incident, Notification& into) {
  if (std::string id = text_of(incident, "id"); !id.empty()) into.incident_id = std::move(id);
  into.fingerprint = text_of(incident, "fingerprint");
  into.title = text_of(incident, "title");
  into.page = text_of(incident, "page");
  into.command = text_of(incident, "command");
  into.reopens = number_of(incident, "reopens");
  into.status = text_of(incident, "status");
  if (const std::string severity = text_of(incident, "severity"); !severity.empty())
    into.severity = severity;
  into.opened_at = text_of(incident, "opened_at");
  into.last_seen_at = text_of(incident, "last_seen_at");
  into.resolved_at = text_of(incident, "resolved_at");
  into.resolved_by = text_of(incident, "resolved_by");
  into.is_flapping = flag_of(incident, "flapping");
  into.is_quiet_failing = flag_of(incident, "quiet_still_failing");
  bool is_seen_good = true;
  if (incident["seen_good"].get(is_seen_good) == simdjson::SUCCESS)
    into.is_seen_good = is_seen_good;
  into.count = number_of(incident, "count");
  into.rate_per_minute = rate_of(incident).value_or(0);
  Object clients;
  if (incident["clients"].get(clients) == simdjson::SUCCESS)
    into.distinct_clients = number_of(clients, "distinct");
  into.hosts = texts_of(incident, "hosts");
  into.servers = texts_of(incident, "servers");
  into.sample_lines = texts_of(incident, "sample_lines");
}

void read_place(const Object& place, Notification& into) {
  into.side = text_of(place, "side");
  into.peer = text_of(place, "peer");
  into.name = text_of(place, "name");
  into.server = text_of(place, "server");
  into.directive = text_of(place, "directive");
  into.file = text_of(place, "file");
  into.line = number_of(place, "line");
}

void read_fixes(const Object& data, Notification& into) {
  visit_objects(data, "fixes", [&into](const Object& fix) {
    NotifiedFix read{.id = text_of(fix, "id"),
                     .owner = text_of(fix, "owner"),
                     .title = text_of(fix, "title"),
                     .how = text_of(fix, "how"),
                     .patch = text_of(fix, "patch"),
                     .message = text_of(fix, "message"),
                     .commands = texts_of(fix, "commands"),
                     .proof = proof_of(fix),
                     .proof_method = {},
                     .is_unsafe = flag_of(fix, "unsafe")};
    Object proof;
    if (fix["proof"].get(proof) == simdjson::SUCCESS) read.proof_method = text_of(proof, "method");
    into.fixes.push_back(std::move(read));
  });
  visit_objects(data, "dead_ends", [&into](const Object& dead_end) {
    into.dead_ends.push_back({.action = text_of(dead_end, "action"),
                              .why_fails = text_of(dead_end, "why_fails"),
                              .proof = proof_of(dead_end),
                              .is_unsafe = flag_of(dead_end, "unsafe"),
                              .proof_detail = proof_detail_of(dead_end)});
  });
}

DigestItem item_of(const Object& object, std::string_view kind_key, std::string_view id_key,
                   std::string_view text_key) {
  return {.kind = text_of(object, kind_key),
          .incident_id = text_of(object, id_key),
          .severity = text_of(object, "severity"),
          .summary = text_of(object, text_key),
          .rate_per_minute = rate_of(object),
          .count = number_of(object, "count"),
          .opened_at = text_of(object, "opened_at")};
}

/// The company in which an incident is told.
void read_group(const Object& group, Notification& into) {
  visit_objects(group, "incidents", [&into](const Object& incident) {
    into.items.push_back(item_of(incident, "status", "id", "title"));
  });
  if (into.items.size() < 2) into.items.clear();
  const auto all = number_of(group, "open") + number_of(group, "resolved");
  if (!into.items.empty())
    into.items_left_out =
        std::max<std::int64_t>(0, all - static_cast<std::int64_t>(into.items.size()));
}

void read_data(const Object& data, Notification& into) {
  Object part;
  if (data["incident"].get(part) == simdjson::SUCCESS) read_incident(part, into);
  if (data["rule"].get(part) == simdjson::SUCCESS) {
    into.rule_id = text_of(part, "id");
    into.rule_title = text_of(part, "title");
    into.rule_url = text_of(part, "url");
  }
  if (data["place"].get(part) == simdjson::SUCCESS) read_place(part, into);
  if (data["diagnosis"].get(part) == simdjson::SUCCESS) {
    into.cause = text_of(part, "cause");
    into.diagnosis_summary = text_of(part, "summary");
    double confidence = 0;
    if (part["confidence"].get(confidence) == simdjson::SUCCESS) into.confidence = confidence;
    into.is_from_line_alone = text_of(part, "basis") == "line";
    visit_objects(part, "candidates", [&into](const Object& candidate) {
      double likelihood = 0;
      if (candidate["likelihood"].get(likelihood) != simdjson::SUCCESS) likelihood = 0;
      into.candidates.push_back({text_of(candidate, "cause"), likelihood});
    });
  }
  into.is_correction = flag_of(data, "corrected");
  read_fixes(data, into);
  visit_objects(data, "items", [&into](const Object& item) {
    into.items.push_back(item_of(item, "kind", "incident", "summary"));
  });
  into.items_left_out = number_of(data, "left_out");
  Object group;
  if (data["group"].get(group) == simdjson::SUCCESS) read_group(group, into);
}

std::string last_word(std::string_view type) {
  return std::string(type.substr(type.rfind('.') + 1));
}

}  // namespace

const NotifiedFix* Notification::best_fix() const {
  const auto proved = std::find_if(fixes.begin(), fixes.end(), [](const NotifiedFix& fix) {
    return fix.proof == ProofStatus::proved;
  });
  if (proved != fixes.end()) return &*proved;
  const auto open = std::find_if(fixes.begin(), fixes.end(), [](const NotifiedFix& fix) {
    return fix.proof != ProofStatus::refuted;
  });
  return open == fixes.end() ? nullptr : &*open;
}

bool Notification::is_cause_open() const {
  return !cause.empty() && (is_from_line_alone || (confidence && *confidence < correlate::kSure));
}

Notification read_notification(const event::RemediationEvent& event) {
  Notification notification;
  notification.event_id = event.event_id;
  notification.kind = last_word(event.event_type);
  notification.subject = event.incident_id;
  notification.incident_id = event.incident_id;
  notification.severity = event.severity;
  notification.summary = event.summary;
  simdjson::dom::parser parser;
  Object root;
  if (parser.parse(event.body.data(), event.body.size()).get(root) != simdjson::SUCCESS)
    return notification;
  notification.source = text_of(root, "source");
  notification.time = text_of(root, "time");
  Object data;
  if (root["data"].get(data) == simdjson::SUCCESS) read_data(data, notification);
  return notification;
}

}  // namespace handshaked::format
