#include "receive/http/edge_report.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/json/json_text.h"
#include "base/text/utf8.h"

namespace handshaked::receive {
namespace {

namespace dom = simdjson::dom;

// What is kept of a message: an edge is known, and may be broken into all the same.
constexpr std::size_t kMostFacts = 48, kMostLabels = 16;
constexpr std::size_t kLongestName = 255, kLongestTitle = 512, kLongestLine = 4096,
                      kLongestUrl = 1024;
constexpr std::uint64_t kMostReopens = 1'000'000'000;
constexpr std::uint64_t kMostPartitions = 1024;  // as in [group]
constexpr std::size_t kMostListed = 64, kMostLines = 3;
constexpr std::size_t kLongestMembers = std::size_t{64} << 10;
constexpr std::size_t kDeepest = 32;  // of a message: ours go half as deep

std::string cut(std::string_view text, std::size_t most) {
  return std::string(utf8_prefix(text, most));
}

std::string text_in(const dom::object& object, std::string_view key,
                    std::size_t most = kLongestName) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? cut(text, most) : std::string();
}

std::uint64_t count_in(const dom::object& object, std::string_view key) {
  std::uint64_t count = 0;
  // Sums of many edges must not overflow.
  return object[key].get(count) == simdjson::SUCCESS
             ? std::min<std::uint64_t>(count, std::uint64_t{1} << 48)
             : 0;
}

std::vector<std::string> texts_in(const dom::object& object, std::string_view key, std::size_t most,
                                  std::size_t longest) {
  std::vector<std::string> texts;
  dom::array list;
  if (object[key].get(list) != simdjson::SUCCESS) return texts;
  for (const dom::element item : list) {
    std::string_view text;
    if (texts.size() < most && item.get(text) == simdjson::SUCCESS)
      texts.push_back(cut(text, longest));
  }
  return texts;
}

NamedTexts named_texts_in(const dom::object& object, std::string_view key, std::size_t most) {
  NamedTexts texts;
  dom::object named;
  if (object[key].get(named) != simdjson::SUCCESS) return texts;
  for (const auto& [name, value] : named) {
    std::string_view text;
    if (texts.size() < most && !name.empty() && value.get(text) == simdjson::SUCCESS)
      texts.emplace_back(cut(name, kLongestTitle), cut(text, kLongestName));
  }
  std::sort(texts.begin(), texts.end());
  const auto is_same_name = [](const auto& a, const auto& b) { return a.first == b.first; };
  texts.erase(std::unique(texts.begin(), texts.end(), is_same_name), texts.end());
  return texts;
}

bool is_hexadecimal(std::string_view text, std::string_view prefix, std::size_t digits) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return text.size() == digits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Error bad(std::string why) {
  return {ErrorCode::invalid_input, "this is not a message of an edge: " + std::move(why)};
}

/// "inc-1f0c6f5d7a0b9e33.opened.1"
Result<> read_event_id(EdgeEvent& event) {
  static constexpr std::array<std::string_view, 5> kKinds{"opened", "reopened", "diagnosed",
                                                          "updated", "resolved"};
  const std::string rest = event.id.starts_with(event.incident_id + ".")
                               ? event.id.substr(event.incident_id.size() + 1)
                               : std::string();
  const auto dot = rest.find('.');
  if (dot == std::string::npos)
    return fail(bad("the event's id does not begin with its incident's"));
  event.kind = rest.substr(0, dot);
  if (std::find(kKinds.begin(), kKinds.end(), event.kind) == kKinds.end())
    return fail(bad("events of this kind are not known"));
  const char* const end = rest.data() + rest.size();
  const auto [read_to, error] = std::from_chars(rest.data() + dot + 1, end, event.number);
  if (error != std::errc() || read_to != end || event.number == 0)
    return fail(bad("the event's id does not end with a number"));
  return success();
}

Result<> read_incident(const dom::object& data, EdgeEvent& event) {
  dom::object incident;
  if (data["incident"].get(incident)) return fail(bad("the event's data has no incident"));
  event.incident_id = text_in(incident, "id");
  event.fingerprint = text_in(incident, "fingerprint");
  if (!is_hexadecimal(event.incident_id, "inc-", 16))
    return fail(bad("the incident's id is none of handshaked's"));
  if (!is_hexadecimal(event.fingerprint, "v1:", 32))
    return fail(
        bad("its fingerprint is of another version than this program knows: is the edge newer?"));
  const std::string status = text_in(incident, "status");
  if (status != "open" && status != "resolved") return fail(bad("an incident is open or resolved"));
  event.is_open = status == "open";
  event.severity = text_in(incident, "severity");
  event.opened_at = text_in(incident, "opened_at");
  event.last_seen_at = text_in(incident, "last_seen_at");
  event.resolved_at = text_in(incident, "resolved_at");
  event.resolved_by = text_in(incident, "resolved_by");
  event.fix_verified_at = text_in(incident, "fix_verified_at");
  event.count = count_in(incident, "count");
  event.reopens = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(count_in(incident, "reopens"), kMostReopens));
  dom::array earlier;
  if (incident["earlier_fingerprints"].get(earlier) == simdjson::SUCCESS)
    event.changes = static_cast<std::uint32_t>(earlier.size());
  event.hosts = texts_in(incident, "hosts", kMostListed, kLongestName);
  event.servers = texts_in(incident, "servers", kMostListed, kLongestName);
  event.sample_lines = texts_in(incident, "sample_lines", kMostLines, kLongestLine);
  dom::object clients;
  if (incident["clients"].get(clients) == simdjson::SUCCESS)
    event.clients = texts_in(clients, "sample", kMostListed, kLongestName);
  return success();
}

Result<> read_rule_and_place(const dom::object& data, EdgeEvent& event) {
  dom::object rule, place;
  if (data["rule"].get(rule) || data["place"].get(place))
    return fail(bad("the event's data has no rule or no place"));
  event.rule_id = text_in(rule, "id");
  event.title = text_in(rule, "title", kLongestTitle);
  event.url = text_in(rule, "url", kLongestUrl);
  if (!event.url.starts_with("https://") && !event.url.starts_with("http://")) event.url.clear();
  event.side = text_in(place, "side");
  event.peer = text_in(place, "peer");
  event.name = text_in(place, "name");
  event.server = text_in(place, "server");
  event.file = text_in(place, "file", kLongestLine);
  event.directive = text_in(place, "directive");
  event.line =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(count_in(place, "line"), 100'000'000));
  if (event.rule_id.empty() || event.title.empty())
    return fail(bad("the rule has no id or no title"));
  return success();
}

/// What the edge found out. Of a diagnosis that is too large only the cause is kept.
void read_diagnosis(const dom::object& data, EdgeEvent& event) {
  dom::object diagnosis, fix, proof;
  dom::array fixes;
  if (data["diagnosis"].get(diagnosis)) return;
  event.cause = text_in(diagnosis, "cause");
  double confidence = 0;
  if (diagnosis["confidence"].get(confidence) == simdjson::SUCCESS)
    event.confidence = std::clamp(confidence, 0.0, 1.0);
  bool is_healthy_now = false;
  // Only whoever has looked at configuration and peer says so.
  event.is_looked_at = diagnosis["healthy_now"].get(is_healthy_now) == simdjson::SUCCESS;
  if (data["fixes"].get(fixes) == simdjson::SUCCESS && fixes.size() > 0 &&
      fixes.at(0).get(fix) == simdjson::SUCCESS) {
    event.first_fix = text_in(fix, "title", kLongestTitle);
    if (fix["proof"].get(proof) == simdjson::SUCCESS)
      event.is_proved = text_in(proof, "status") == "proved";
  }
  if (!event.is_looked_at) return;
  for (const char* const name : {"diagnosis", "fixes", "dead_ends"}) {
    dom::element member;
    if (data[name].get(member)) continue;
    if (!event.members.empty()) event.members.push_back(',');
    event.members.append("\"").append(name).append("\":").append(
        with_escapes(simdjson::minify(member)));
    if (event.members.size() > kLongestMembers) {
      event.members.clear();
      event.is_looked_at = false;
      return;
    }
  }
}

Result<EdgeEvent> read_event(const dom::object& cloud_event) {
  EdgeEvent event;
  dom::object data;
  event.id = text_in(cloud_event, "id");
  event.time = text_in(cloud_event, "time");
  if (!text_in(cloud_event, "type").starts_with("io.handshaked.incident."))
    return fail(bad("the event is none of an incident"));
  if (cloud_event["data"].get(data)) return fail(bad("the event has no data"));
  TRY(read_incident(data, event));
  TRY(read_event_id(event));
  TRY(read_rule_and_place(data, event));
  read_diagnosis(data, event);
  return event;
}

}  // namespace

Result<EdgeReport> read_edge_report(std::string_view body) {
  dom::parser parser;
  dom::object root, edge, event;
  if (const auto error = parser.allocate(body.size(), kDeepest))
    return fail(bad(simdjson::error_message(error)));
  if (const auto error = parser.parse(body.data(), body.size()).get(root))
    return fail(bad(simdjson::error_message(error)));
  std::int64_t version = 0;
  if (root["version"].get(version) || version < 1) return fail(bad("it has no version"));
  if (version > kEdgeMessageVersion)
    return fail(ErrorCode::cancelled,
                "the edge is newer: it writes version " + std::to_string(version) +
                    ", and this program reads up to " + std::to_string(kEdgeMessageVersion) +
                    "; update handshaked here, its events wait until then");
  if (root["edge"].get(edge)) return fail(bad("it does not say whose it is"));
  EdgeReport report;
  report.host = text_in(edge, "host");
  report.version = text_in(edge, "handshaked");
  if (report.host.empty()) return fail(bad("the edge has no host name"));
  dom::object facts;
  report.describes = edge["facts"].get(facts) == simdjson::SUCCESS;
  report.facts = named_texts_in(edge, "facts", kMostFacts);
  report.labels = named_texts_in(edge, "labels", kMostLabels);
  report.waiting = count_in(edge, "waiting");
  report.lag_seconds = count_in(edge, "lag_seconds");
  if (root["event"].get(event) == simdjson::SUCCESS) {
    TRY(report.event, read_event(event));
    if (root["moved"].get(report.has_moved)) report.has_moved = false;
  }
  report.partitions = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(count_in(root, "partitions"), 1, kMostPartitions));
  return report;
}

Result<> name_edge(EdgeReport& report, std::string_view key) {
  bool is_text = !key.empty();
  for (std::string_view rest = key; is_text && !rest.empty();) {
    const Utf8Step step = next_utf8_step(rest);
    is_text = step.is_valid;
    rest.remove_prefix(step.length);
  }
  if (!is_text) return fail(bad("the key that should name the edge is empty, or no text"));
  report.host = cut(key, kLongestName);
  return success();
}

}  // namespace handshaked::receive
