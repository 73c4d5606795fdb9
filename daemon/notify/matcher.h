#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "notify/label.h"

namespace re2 {
class RE2;
}

namespace handshaked::notify {

/// One condition on an incident, written as Alertmanager writes it: `server=db.corp.test`, `severity!=info`, `rule=~nginx/upstream-.*`,
/// `host!~"test.*"`. Regexes are RE2 and match the whole value. `=` and `=~` hold when any of several values does, `!=` and `!~`
/// when none does; an incident without a value has the empty one. Immutable, cheap to copy.
class Matcher {
 public:
  enum class Test : std::uint8_t { equal, not_equal, match, no_match };

  /// Fails with invalid_input, in words for whoever wrote it.
  static Result<Matcher> parse(std::string_view text);

  bool matches(const correlate::Incident& incident) const;
  /// It holds for incidents that lack the label: alone it would hold for everything.
  bool matches_nothing_given() const { return is_true_of(""); }
  /// As `parse` reads it.
  std::string text() const;

 private:
  Matcher() = default;
  bool is_true_of(std::string_view value) const;

  Label label_ = Label::rule;
  Test test_ = Test::equal;
  std::string value_;
  std::shared_ptr<const re2::RE2> regex_;
};

/// All of them hold; no matcher at all matches everything.
bool all_match(const std::vector<Matcher>& matchers, const correlate::Incident& incident);
std::vector<std::string> texts_of(const std::vector<Matcher>& matchers);
/// The first that cannot be read is the failure.
Result<std::vector<Matcher>> parse_matchers(const std::vector<std::string>& texts);

}  // namespace handshaked::notify
