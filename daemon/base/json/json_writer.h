#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

#include "base/json/json_text.h"

namespace handshaked {

/// Appends JSON to a string, member by member; puts the commas. Bytes that are not UTF-8 become
/// U+FFFD. The caller keeps begin and end in balance. For output that is written once, in order;
/// there is nothing to build first and nothing to free.
///
///   JsonWriter json(out);
///   json.begin_object().member("rule", rule.id).member("line", 7).end_object();
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name) {
    separate();
    out_.push_back('"');
    out_.append(name).append("\":");
    fresh_ = true;
    return *this;
  }

  JsonWriter& value(std::string_view text) {
    separate();
    append_json_string(out_, text);
    return *this;
  }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool truth) { return raw(truth ? "true" : "false"); }
  JsonWriter& value(std::integral auto number) {
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    return raw(std::string_view(digits, static_cast<std::size_t>(end - digits)));
  }
  JsonWriter& value(double number) {
    if (!std::isfinite(number)) return null();
    char digits[40];
    const auto [end, error] =
        std::to_chars(digits, digits + sizeof digits, number, std::chars_format::general, 12);
    return raw(std::string_view(digits, static_cast<std::size_t>(end - digits)));
  }
  JsonWriter& null() { return raw("null"); }
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json) {
    separate();
    out_.append(json);
    return *this;
  }

  template <class T>
  JsonWriter& member(std::string_view name, const T& content) {
    return key(name).value(content);
  }
  /// Leaves the member out when the text is empty.
  JsonWriter& optional_member(std::string_view name, std::string_view text) {
    return text.empty() ? *this : member(name, text);
  }
  template <class List>
  JsonWriter& array(std::string_view name, const List& list) {
    key(name).begin_array();
    for (const auto& item : list) value(item);
    return end_array();
  }

 private:
  JsonWriter& open(char bracket) {
    separate();
    out_.push_back(bracket);
    fresh_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_.push_back(bracket);
    fresh_ = false;
    return *this;
  }
  void separate() {
    if (!fresh_) out_.push_back(',');
    fresh_ = false;
  }

  std::string& out_;
  bool fresh_ = true;
};

}  // namespace handshaked
