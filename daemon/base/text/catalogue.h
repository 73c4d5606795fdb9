#pragma once

#include <array>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/language.h"

namespace handshaked {

/// The texts of a room that people read, in English and Chinese, out of its texts.ini. Immutable.
///
///   [impact.since]
///   en = "{count} failures since {time}"
///   zh = "{count} 次失败，始于 {time}"
///
/// tests/architecture/texts.py checks that every key is used and has both languages with the same
/// placeholders.
class Catalogue {
 public:
  using Value = std::pair<std::string_view, std::string_view>;
  using Values = std::initializer_list<Value>;

  /// `file` is borrowed for good: the constant that a texts.ini is.
  explicit Catalogue(std::string_view file);

  bool has(std::string_view key) const { return texts_.contains(key); }

  /// The text of `key`, each "{name}" replaced by its value. A key that is not there is a bug of
  /// ours.
  std::string text(Language language, std::string_view key, Values values = {}) const {
    return text_with(language, key, std::span(values.begin(), values.size()));
  }
  std::string text_with(Language language, std::string_view key,
                        std::span<const Value> values) const;

 private:
  std::map<std::string_view, std::array<std::string_view, 2>> texts_;
};

/// A catalogue in the reader's language.
class Texts {
 public:
  Texts(const Catalogue& catalogue, Language language)
      : catalogue_(catalogue), language_(language) {}
  std::string operator()(std::string_view key, Catalogue::Values values = {}) const {
    return catalogue_.text(language_, key, values);
  }

 private:
  const Catalogue& catalogue_;
  Language language_;
};

}  // namespace handshaked
