// An edge as the store keeps it.
#include <simdjson.h>

#include "base/json/json_writer.h"
#include "correlate/fleet/fleet.h"

namespace handshaked::correlate {
namespace {

constexpr std::int64_t kEdgeStateVersion = 1;

std::int64_t stored(Time time) { return time.time_since_epoch().count(); }

/// Names come from the edge: they are escaped like every other text.
std::string named_texts_json(const receive::NamedTexts& texts) {
  std::string out = "{";
  for (const auto& [name, value] : texts) {
    if (out.size() > 1) out.push_back(',');
    append_json_string(out, name).push_back(':');
    append_json_string(out, value);
  }
  return out + "}";
}

void write_fault(JsonWriter& json, const EdgeFault& fault) {
  json.begin_object()
      .member("id", fault.incident_id)
      .member("fingerprint", fault.fingerprint)
      .optional_member("cause", fault.cause);
  json.member("open", fault.is_open).member("since", stored(fault.since));
  if (fault.until) json.member("until", stored(*fault.until));
  if (fault.has_moved) json.member("moved", true);
  json.member("reopens", fault.reopens)
      .member("changes", fault.changes)
      .member("told_at", stored(fault.told_at))
      .member("count", fault.count);
  json.array("taken", fault.taken).end_object();
}

using simdjson::dom::element;
using simdjson::dom::object;

std::string text_at(const object& from, std::string_view key) {
  std::string_view text;
  return from[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::int64_t integer_at(const object& from, std::string_view key) {
  std::int64_t value = 0;
  return from[key].get(value) == simdjson::SUCCESS ? value : 0;
}

OptionalTime time_at(const object& from, std::string_view key) {
  std::int64_t value = 0;
  return from[key].get(value) == simdjson::SUCCESS ? OptionalTime(Time(Duration(value)))
                                                   : OptionalTime();
}

receive::NamedTexts named_texts_at(const object& from, std::string_view key) {
  receive::NamedTexts texts;
  object named;
  if (from[key].get(named) != simdjson::SUCCESS) return texts;
  for (const auto& [name, value] : named) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) texts.emplace_back(name, text);
  }
  return texts;
}

EdgeFault read_fault(const object& from) {
  EdgeFault fault{.incident_id = text_at(from, "id"),
                  .fingerprint = text_at(from, "fingerprint"),
                  .cause = text_at(from, "cause")};
  bool is_open = false;
  fault.is_open = from["open"].get(is_open) == simdjson::SUCCESS && is_open;
  fault.since = time_at(from, "since").value_or(Time{});
  fault.until = time_at(from, "until");
  if (from["moved"].get(fault.has_moved)) fault.has_moved = false;
  fault.told_at = time_at(from, "told_at").value_or(Time{});
  fault.count = static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer_at(from, "count")));
  simdjson::dom::array taken;
  if (from["taken"].get(taken) == simdjson::SUCCESS) {
    std::size_t kind = 0;
    for (const element item : taken) {
      std::int64_t number = 0;
      if (kind < fault.taken.size() && item.get(number) == simdjson::SUCCESS)
        fault.taken[kind] = static_cast<std::uint32_t>(number);
      ++kind;
    }
  }
  fault.changes = static_cast<std::uint32_t>(integer_at(from, "changes"));
  constexpr std::size_t kReopened = 1;  // a state of before knows it by its events alone
  std::int64_t reopens = 0;
  fault.reopens =
      from["reopens"].get(reopens) ? fault.taken[kReopened] : static_cast<std::uint32_t>(reopens);
  return fault;
}

}  // namespace

std::string to_json(const Edge& edge) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("version", kEdgeStateVersion)
      .member("host", edge.host)
      .member("handshaked", edge.version);
  json.key("facts")
      .raw(named_texts_json(edge.facts))
      .key("labels")
      .raw(named_texts_json(edge.labels));
  json.member("silent_after", edge.silent_after.count());
  if (edge.is_divided) json.member("divided", true);
  if (edge.silent_since) json.member("silent_since", stored(*edge.silent_since));
  json.key("faults").begin_array();
  for (const auto& [id, fault] : edge.faults) write_fault(json, fault);
  json.end_array().end_object();
  return out;
}

Result<Edge> edge_from_json(std::string_view text) {
  simdjson::dom::parser parser;
  object root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input, "the state of an edge is not JSON");
  if (integer_at(root, "version") != kEdgeStateVersion)
    return fail(ErrorCode::invalid_input, "the state of an edge is of another version");
  Edge edge;
  edge.host = text_at(root, "host");
  edge.version = text_at(root, "handshaked");
  edge.facts = named_texts_at(root, "facts");
  edge.labels = named_texts_at(root, "labels");
  edge.silent_after = std::chrono::seconds(integer_at(root, "silent_after"));
  edge.silent_since = time_at(root, "silent_since");
  if (root["divided"].get(edge.is_divided)) edge.is_divided = false;
  simdjson::dom::array faults;
  if (root["faults"].get(faults) == simdjson::SUCCESS) {
    for (const element item : faults) {
      object from;
      if (item.get(from) != simdjson::SUCCESS) continue;
      EdgeFault fault = read_fault(from);
      if (!fault.incident_id.empty()) edge.faults.emplace(fault.incident_id, std::move(fault));
    }
  }
  if (edge.host.empty())
    return fail(ErrorCode::invalid_input, "the state of an edge lacks its host");
  return edge;
}

}  // namespace handshaked::correlate
