#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "nginx/configuration/configuration_lexer.h"

namespace handshaked::diagnose {

/// Edits to one text, each against the text as it was, so that their order does not matter. A
/// value; copies share the text.
class TextEdits {
 public:
  explicit TextEdits(std::shared_ptr<const std::string> text) : text_(std::move(text)) {}

  /// Puts `replacement` where `span` is; an empty span is an insertion in front of the byte.
  /// Several insertions at one place stand in the order in which they were made. Fails with
  /// invalid_input when it overlaps an earlier edit. Gives its number.
  Result<std::size_t> add(nginx::ByteSpan span, std::string replacement);
  /// Another text for an edit that was made.
  void change(std::size_t number, std::string replacement) {
    edits_[number].replacement = std::move(replacement);
  }

  const std::string& before() const { return *text_; }
  std::string after() const;
  /// Where a byte of after() stands in before(); nothing for what was put in.
  std::optional<std::size_t> place_before(std::size_t place_after) const;
  /// No edit is inside of it.
  bool leaves(nginx::ByteSpan span) const;
  bool is_empty() const { return edits_.empty(); }

 private:
  struct Edit {
    nginx::ByteSpan span;
    std::string replacement;
  };
  std::vector<const Edit*> in_order() const;

  std::shared_ptr<const std::string> text_;
  std::vector<Edit> edits_;
};

}  // namespace handshaked::diagnose
