#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace handshaked::match {

/// A JSON Schema (draft 7), as far as the schemas of the knowledge base use it: type, required,
/// properties, enum, pattern, minLength, minItems, minimum, maximum, items and $ref to
/// "#/definitions/…". A schema with another keyword that constrains is refused: what is not checked
/// must not look checked. Immutable; safe to share between threads.
class JsonSchema {
 public:
  static Result<JsonSchema> parse(std::string_view schema);
  JsonSchema(JsonSchema&&) noexcept;
  JsonSchema& operator=(JsonSchema&&) noexcept;
  ~JsonSchema();

  struct Violation {
    std::string pointer;  ///< where, RFC 6901: "/samples/0/line"
    std::string reason;   ///< "must be one of upstream, client"
  };
  /// Everything that is wrong with one document. What is no JSON at all is one violation of the
  /// whole.
  std::vector<Violation> violations(std::string_view document) const;

 private:
  struct Node;
  explicit JsonSchema(std::unique_ptr<Node> root);
  friend class SchemaReader;
  friend class SchemaCheck;
  std::unique_ptr<Node> root_;
};

}  // namespace handshaked::match
