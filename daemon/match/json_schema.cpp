#include "match/json_schema.h"

#include <re2/re2.h>
#include <simdjson.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "base/text/joined.h"
#include "base/text/utf8.h"

namespace handshaked::match {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

/// The name of a value's type as schemas spell it; a whole number is an "integer", which is a
/// "number" too.
std::string_view type_name(element value) {
  switch (value.type()) {
    case element_type::ARRAY: return "array";
    case element_type::OBJECT: return "object";
    case element_type::INT64:
    case element_type::UINT64: return "integer";
    case element_type::DOUBLE: return "number";
    case element_type::STRING: return "string";
    case element_type::BOOL: return "boolean";
    case element_type::NULL_VALUE: return "null";
  }
  return "";
}

std::string number_text(double number) {
  std::string text = std::to_string(number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(next_utf8_step(text).length);
  return count;
}

}  // namespace

struct JsonSchema::Node {
  std::vector<std::string> types;
  std::vector<std::string> required;
  std::map<std::string, std::unique_ptr<Node>, std::less<>> properties;
  std::vector<std::string> choices;  ///< of "enum": JSON texts
  std::string pattern;
  std::unique_ptr<re2::RE2> regex;
  std::size_t min_length = 0, min_items = 0;
  std::optional<double> minimum, maximum;
  std::unique_ptr<Node> items;
  std::string reference;                                                  ///< "definitions/side"
  std::map<std::string, std::unique_ptr<Node>, std::less<>> definitions;  ///< of the root only
};

/// Reads a schema into nodes.
class SchemaReader {
 public:
  Result<std::unique_ptr<JsonSchema::Node>> read(element from, int depth) {
    object schema;
    if (depth > 32 || from.get(schema) != simdjson::SUCCESS)
      return fail(ErrorCode::invalid_input, "a schema must be an object");
    auto node = std::make_unique<JsonSchema::Node>();
    for (const auto& [keyword, value] : schema) {
      TRY(read_keyword(keyword, value, *node, depth));
    }
    return node;
  }

  /// Every reference leads to a definition that says something: not to one that is missing, and not
  /// round in a circle.
  static Result<> check_references(const JsonSchema::Node& node, const JsonSchema::Node& root) {
    std::string_view target = node.reference;
    for (std::size_t steps = 0; !target.empty(); ++steps) {
      const auto found = root.definitions.find(target);
      if (found == root.definitions.end())
        return fail(ErrorCode::invalid_input,
                    "the schema lacks the definition of \"" + std::string(target) + "\"");
      if (steps > root.definitions.size())
        return fail(ErrorCode::invalid_input, "the schema's definition of \"" +
                                                  std::string(target) + "\" refers to itself only");
      target = found->second->reference;
    }
    for (const auto* const inner : {&node.properties, &node.definitions}) {
      for (const auto& [name, child] : *inner) {
        TRY(check_references(*child, root));
      }
    }
    return node.items ? check_references(*node.items, root) : Result<>(success());
  }

 private:
  Result<> read_keyword(std::string_view keyword, element value, JsonSchema::Node& node,
                        int depth) {
    static const std::set<std::string_view> kSayNothing{
        "$schema", "$id", "title", "description", "default", "examples", "$comment"};
    if (kSayNothing.contains(keyword)) return success();
    if (keyword == "type") return read_types(value, node);
    if (keyword == "required") return read_texts(value, node.required);
    if (keyword == "enum") return read_choices(value, node);
    if (keyword == "properties") return read_nodes(value, node.properties, depth);
    if (keyword == "definitions") return read_nodes(value, node.definitions, depth);
    if (keyword == "pattern") return read_pattern(value, node);
    if (keyword == "minLength") return read_count(value, node.min_length);
    if (keyword == "minItems") return read_count(value, node.min_items);
    if (keyword == "minimum") return read_number(value, node.minimum);
    if (keyword == "maximum") return read_number(value, node.maximum);
    if (keyword == "items") {
      TRY(auto items, read(value, depth + 1));
      node.items = std::move(items);
      return success();
    }
    std::string_view target;
    if (keyword == "$ref" && value.get(target) == simdjson::SUCCESS &&
        target.starts_with("#/definitions/")) {
      node.reference = target.substr(14);
      return success();
    }
    return fail(ErrorCode::invalid_input,
                "the schema uses \"" + std::string(keyword) + "\", which is not checked");
  }

  static Result<> wrong(std::string_view keyword) {
    return fail(ErrorCode::invalid_input,
                "the schema's \"" + std::string(keyword) + "\" is malformed");
  }

  static Result<> read_texts(element value, std::vector<std::string>& texts) {
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) return wrong("list");
    for (const element item : list) {
      std::string_view text;
      if (item.get(text) != simdjson::SUCCESS) return wrong("list");
      texts.emplace_back(text);
    }
    return success();
  }
  static Result<> read_types(element value, JsonSchema::Node& node) {
    std::string_view name;
    if (value.get(name) != simdjson::SUCCESS) return read_texts(value, node.types);
    node.types.emplace_back(name);
    return success();
  }
  static Result<> read_choices(element value, JsonSchema::Node& node) {
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) return wrong("enum");
    for (const element item : list) node.choices.push_back(simdjson::minify(item));
    return success();
  }
  static Result<> read_pattern(element value, JsonSchema::Node& node) {
    std::string_view pattern;
    if (value.get(pattern) != simdjson::SUCCESS) return wrong("pattern");
    node.pattern = pattern;
    node.regex = std::make_unique<re2::RE2>(node.pattern, re2::RE2::Quiet);
    return node.regex->ok() ? Result<>(success()) : wrong("pattern");
  }
  static Result<> read_count(element value, std::size_t& count) {
    std::uint64_t number = 0;
    if (value.get(number) != simdjson::SUCCESS) return wrong("minimum length");
    count = number;
    return success();
  }
  static Result<> read_number(element value, std::optional<double>& into) {
    double number = 0;
    if (value.get(number) != simdjson::SUCCESS) return wrong("bound");
    into = number;
    return success();
  }
  Result<> read_nodes(element value,
                      std::map<std::string, std::unique_ptr<JsonSchema::Node>, std::less<>>& nodes,
                      int depth) {
    object members;
    if (value.get(members) != simdjson::SUCCESS) return wrong("properties");
    for (const auto& [name, inner] : members) {
      TRY(auto node, read(inner, depth + 1));
      nodes.emplace(name, std::move(node));
    }
    return success();
  }
};

/// Holds a document against the nodes.
class SchemaCheck {
 public:
  SchemaCheck(const JsonSchema::Node& root, std::vector<JsonSchema::Violation>& violations)
      : root_(root), violations_(violations) {}

  void check(element value, const JsonSchema::Node& node, const std::string& pointer) {
    if (!node.reference.empty())
      return check(value, *root_.definitions.find(node.reference)->second, pointer);
    const std::string_view type = type_name(value);
    const auto fits = [type](const std::string& wanted) {
      return wanted == type || (wanted == "number" && type == "integer");
    };
    if (!node.types.empty() && std::none_of(node.types.begin(), node.types.end(), fits)) {
      add(pointer, "must be " + joined(node.types) + ", is " + std::string(type));
      return;
    }
    if (!node.choices.empty() && std::find(node.choices.begin(), node.choices.end(),
                                           simdjson::minify(value)) == node.choices.end()) {
      add(pointer, "must be one of " + joined(node.choices));
    }
    if (type == "string") check_text(value, node, pointer);
    if (type == "integer" || type == "number") check_number(value, node, pointer);
    if (type == "array") check_items(value, node, pointer);
    if (type == "object") check_members(value, node, pointer);
  }

 private:
  void add(const std::string& pointer, std::string reason) {
    violations_.push_back({pointer, std::move(reason)});
  }

  void check_text(element value, const JsonSchema::Node& node, const std::string& pointer) {
    const std::string_view text = value.get_string().value_unsafe();
    if (node.min_length > 0 && character_count(text) < node.min_length)
      add(pointer, text.empty() ? "must not be empty" : "is too short");
    if (node.regex &&
        !re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *node.regex)) {
      add(pointer, "\"" + std::string(text.substr(0, 200)) + "\" does not match " + node.pattern);
    }
  }
  void check_number(element value, const JsonSchema::Node& node, const std::string& pointer) {
    const double number = value.get_double().value_unsafe();
    if (node.minimum && number < *node.minimum)
      add(pointer, "must be at least " + number_text(*node.minimum));
    if (node.maximum && number > *node.maximum)
      add(pointer, "must be at most " + number_text(*node.maximum));
  }
  void check_items(element value, const JsonSchema::Node& node, const std::string& pointer) {
    const simdjson::dom::array items = value.get_array().value_unsafe();
    if (items.size() < node.min_items)
      add(pointer, "needs at least " + std::to_string(node.min_items) +
                       (node.min_items == 1 ? " item" : " items"));
    if (!node.items) return;
    std::size_t index = 0;
    for (const element item : items)
      check(item, *node.items, pointer + "/" + std::to_string(index++));
  }
  void check_members(element value, const JsonSchema::Node& node, const std::string& pointer) {
    const object members = value.get_object().value_unsafe();
    for (const std::string& name : node.required) {
      if (members[name].error() != simdjson::SUCCESS) add(pointer, "lacks \"" + name + "\"");
    }
    for (const auto& [name, member] : members) {
      if (const auto known = node.properties.find(name); known != node.properties.end())
        check(member, *known->second, pointer + "/" + std::string(name));
    }
  }

  const JsonSchema::Node& root_;
  std::vector<JsonSchema::Violation>& violations_;
};

JsonSchema::JsonSchema(std::unique_ptr<Node> root) : root_(std::move(root)) {}
JsonSchema::JsonSchema(JsonSchema&&) noexcept = default;
JsonSchema& JsonSchema::operator=(JsonSchema&&) noexcept = default;
JsonSchema::~JsonSchema() = default;

Result<JsonSchema> JsonSchema::parse(std::string_view schema) {
  simdjson::dom::parser parser;
  element root;
  if (const auto error = parser.parse(schema.data(), schema.size()).get(root);
      error != simdjson::SUCCESS) {
    return fail(ErrorCode::invalid_input,
                std::string("the schema is not valid JSON: ") + simdjson::error_message(error));
  }
  TRY(auto node, SchemaReader().read(root, 0));
  TRY(SchemaReader::check_references(*node, *node));
  return JsonSchema(std::move(node));
}

std::vector<JsonSchema::Violation> JsonSchema::violations(std::string_view document) const {
  std::vector<Violation> found;
  simdjson::dom::parser parser;
  element root;
  const simdjson::padded_string text(document);
  if (const auto error = parser.parse(text).get(root); error != simdjson::SUCCESS) {
    found.push_back({"", std::string("not valid JSON: ") + simdjson::error_message(error)});
    return found;
  }
  SchemaCheck(*root_, found).check(root, *root_, "");
  return found;
}

}  // namespace handshaked::match
