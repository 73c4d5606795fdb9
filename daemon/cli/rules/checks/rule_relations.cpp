#include "cli/rules/checks/rule_relations.h"

#include <simdjson.h>

namespace handshaked::cli {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

std::string text_of(object from, std::string_view key) {
  std::string_view value;
  return from[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}

template <class Visit>
void each(object from, std::string_view key, Visit visit) {
  simdjson::dom::array values;
  if (from[key].get(values) != simdjson::SUCCESS) return;
  for (const element value : values) visit(value);
}

}  // namespace

RuleRelations relations_of(const match::Rule& rule, Language language) {
  RuleRelations relations;
  simdjson::dom::parser parser;
  object entry;
  if (parser.parse(rule.json).get(entry) != simdjson::SUCCESS) return relations;
  each(entry, "leads_to", [&](element value) {
    if (std::string_view id; value.get(id) == simdjson::SUCCESS)
      relations.leads_to.emplace_back(id);
  });
  each(entry, "confused_with", [&](element value) {
    object other;
    if (value.get(other) != simdjson::SUCCESS) return;
    std::string distinction =
        language == Language::zh ? text_of(other, "distinction_zh") : std::string();
    if (distinction.empty()) distinction = text_of(other, "distinction");
    relations.confused_with.push_back({text_of(other, "id"), std::move(distinction)});
  });
  each(entry, "samples", [&](element value) {
    if (object sample; value.get(sample) == simdjson::SUCCESS)
      relations.sample_lines.push_back(text_of(sample, "line"));
  });
  return relations;
}

}  // namespace handshaked::cli
