#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/language.h"
#include "base/text/catalogue.h"

namespace handshaked::diagnose {

/// A sentence for people, in every language that we speak. Facts (names, numbers, paths) stand in
/// both alike.
struct Text {
  std::string en;
  std::string zh;

  const std::string& in(Language language) const {
    return language == Language::zh && !zh.empty() ? zh : en;
  }
  bool empty() const { return en.empty(); }
  bool operator==(const Text&) const = default;
};

/// What a placeholder of a catalogue stands for: a fact, which is the same in every language, or a
/// text. Borrows both.
class TextValue {
 public:
  TextValue(std::string_view fact) : en_(fact), zh_(fact) {}
  TextValue(const std::string& fact) : TextValue(std::string_view(fact)) {}
  TextValue(const char* fact) : TextValue(std::string_view(fact)) {}
  TextValue(const Text& text) : en_(text.en), zh_(text.zh) {}

  std::string_view in(Language language) const { return language == Language::zh ? zh_ : en_; }

 private:
  std::string_view en_, zh_;
};
using NamedValue = std::pair<std::string_view, TextValue>;
using TextValues = std::initializer_list<NamedValue>;

/// The text of a key in every language. Each room with a texts.ini has a function that asks its own
/// catalogue (`listener_text`).
Text catalogue_text(const Catalogue& catalogue, std::string_view key,
                    std::span<const NamedValue> values);

}  // namespace handshaked::diagnose
