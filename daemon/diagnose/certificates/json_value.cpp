#include "diagnose/certificates/json_value.h"

#include <simdjson.h>

#include <cstring>
#include <limits>
#include <type_traits>

namespace handshaked::diagnose {
namespace {

using simdjson::dom::element;
using Handle = std::array<std::uintptr_t, 2>;

static_assert(std::is_trivially_copyable_v<element> && sizeof(element) == sizeof(Handle));

Handle handle_of(const element& value) {
  Handle handle;
  std::memcpy(handle.data(), &value, sizeof value);
  return handle;
}

element element_of(const Handle& handle) {
  element value;
  std::memcpy(static_cast<void*>(&value), handle.data(), sizeof value);
  return value;
}

template <class T>
bool read(bool is_present, const Handle& handle, T& out) {
  return is_present && element_of(handle).get(out) == simdjson::SUCCESS;
}

}  // namespace

struct JsonDocument::Parser {
  simdjson::dom::parser parser;
  element root;
};

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  auto parser = std::make_unique<Parser>();
  simdjson::dom::object object;
  const auto error = parser->parser.parse(text.data(), text.size()).get(parser->root);
  if (error)
    return fail(ErrorCode::invalid_input,
                std::string("not JSON: ") + simdjson::error_message(error));
  if (parser->root.get(object)) return fail(ErrorCode::invalid_input, "not a JSON object");
  return JsonDocument(std::move(parser));
}

JsonDocument::JsonDocument(std::unique_ptr<Parser> parser) : parser_(std::move(parser)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

JsonValue JsonDocument::root() const {
  JsonValue value;
  value.element_ = handle_of(parser_->root);
  value.is_present_ = true;
  return value;
}

bool JsonValue::is_object() const {
  simdjson::dom::object object;
  return read(is_present_, element_, object);
}

JsonValue JsonValue::operator[](std::string_view key) const {
  JsonValue value;
  simdjson::dom::object object;
  element member;
  if (read(is_present_, element_, object) && object.at_key(key).get(member) == simdjson::SUCCESS &&
      !member.is_null()) {
    value.element_ = handle_of(member);
    value.is_present_ = true;
  }
  return value;
}

std::string_view JsonValue::text() const {
  std::string_view text;
  return read(is_present_, element_, text) ? text : std::string_view();
}

std::int64_t JsonValue::integer() const {
  std::int64_t integer = 0;
  return read(is_present_, element_, integer) ? integer : 0;
}

int JsonValue::number() const {
  const std::int64_t value = integer();
  return value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()
             ? 0
             : static_cast<int>(value);
}

std::size_t JsonValue::count() const {
  const std::int64_t value = integer();
  return value < 0 ? 0 : static_cast<std::size_t>(value);
}

bool JsonValue::truth() const {
  bool truth = false;
  return read(is_present_, element_, truth) && truth;
}

std::vector<JsonValue> JsonValue::elements() const {
  std::vector<JsonValue> values;
  simdjson::dom::array array;
  if (!read(is_present_, element_, array)) return values;
  for (const element member : array) {
    JsonValue value;
    value.element_ = handle_of(member);
    value.is_present_ = !member.is_null();
    values.push_back(value);
  }
  return values;
}

std::vector<std::string> JsonValue::strings() const {
  std::vector<std::string> texts;
  for (const JsonValue& value : elements()) texts.push_back(value.string());
  return texts;
}

}  // namespace handshaked::diagnose
