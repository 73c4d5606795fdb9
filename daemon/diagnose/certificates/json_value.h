#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace handshaked::diagnose {

/// One value of a JsonDocument, which must outlive it. What is missing or of another type reads as
/// nothing: an empty text, zero, no elements. Readers that cannot do without a member check it
/// themselves.
class JsonValue {
 public:
  JsonValue() = default;

  bool is_present() const { return is_present_; }
  bool is_object() const;
  JsonValue operator[](std::string_view key) const;
  std::string_view text() const;
  std::string string() const { return std::string(text()); }
  std::int64_t integer() const;
  int number() const;         ///< integer(), 0 when it does not fit
  std::size_t count() const;  ///< integer(), 0 when it is negative
  bool truth() const;
  std::vector<JsonValue> elements() const;
  std::vector<std::string> strings() const;

 private:
  friend class JsonDocument;
  std::array<std::uintptr_t, 2> element_{};  ///< simdjson's handle: a pointer and an index
  bool is_present_ = false;
};

/// A parsed JSON object. For messages between us and the child process; both sides bound their
/// length before they parse.
class JsonDocument {
 public:
  /// invalid_input when it is not JSON, or not an object.
  static Result<JsonDocument> parse(std::string_view text);
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  JsonValue root() const;

 private:
  struct Parser;
  explicit JsonDocument(std::unique_ptr<Parser> parser);
  std::unique_ptr<Parser> parser_;
};

}  // namespace handshaked::diagnose
