#include "cli/rules/public_entry.h"

#include <simdjson.h>

#include <set>

#include "base/json/json_writer.h"
#include "match/advice_facts.h"

namespace handshaked::cli {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

/// Appends the items of one list to `json`, each with the cause that it belongs to, unless its
/// action is there already. No place is known: their placeholders become words.
void append_items(JsonWriter& json, object from, std::string_view list, std::string_view cause,
                  const match::AdviceFacts& facts, std::set<std::string>& actions) {
  simdjson::dom::array items;
  if (from[list].get(items) != simdjson::SUCCESS) return;
  for (const element item : items) {
    object members;
    std::string_view action;
    if (item.get(members) != simdjson::SUCCESS) continue;
    if (members["action"].get(action) == simdjson::SUCCESS &&
        !actions.insert(std::string(action)).second)
      continue;
    json.begin_object();
    for (const auto& [name, value] : members)
      json.key(name).raw(match::filled_in(simdjson::minify(value), facts,
                                          name.ends_with("_zh") ? Language::zh : Language::en));
    if (!cause.empty()) json.member("cause", cause);
    json.end_object();
  }
}

void append_composed(JsonWriter& json, object entry, std::string_view list, const match::Rule& rule,
                     const match::Knowledge& knowledge) {
  std::set<std::string> actions;
  const match::AdviceFacts facts{
      .scheme = rule.upstream_schemes.empty() ? std::string() : rule.upstream_schemes.front()};
  json.key(list).begin_array();
  for (const match::CandidateCause& candidate : rule.causes) {
    simdjson::dom::parser parser;
    object cause;
    const std::string_view text = knowledge.json_of_cause(candidate.cause);
    if (parser.parse(text.data(), text.size()).get(cause) == simdjson::SUCCESS)
      append_items(json, cause, list, candidate.cause, facts, actions);
  }
  append_items(json, entry, list, {}, facts, actions);
  json.end_array();
}

}  // namespace

std::string public_entry(const match::Rule& rule, const match::Knowledge& knowledge) {
  simdjson::dom::parser parser;
  object entry;
  if (parser.parse(rule.json).get(entry) != simdjson::SUCCESS || rule.imported) return rule.json;
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  for (const auto& [name, value] : entry) {
    if (name == "workarounds" || name == "dead_ends")
      append_composed(json, entry, name, rule, knowledge);
    else json.key(name).raw(simdjson::minify(value));
  }
  json.end_object();
  return match::with_family(std::move(out), rule.upstream_schemes.empty()
                                                ? std::string_view()
                                                : rule.upstream_schemes.front());
}

}  // namespace handshaked::cli
