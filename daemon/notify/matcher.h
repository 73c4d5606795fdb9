#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "correlate/incident.h"

namespace re2 {
class RE2;
}

namespace handshaked::notify {

/// What routes, silences and groups can ask of an incident.
enum class Label : std::uint8_t {
  incident,  ///< its id
  severity,  ///< critical, warning, info
  side,      ///< upstream, client, config, ocsp
  rule,      ///< the rule's id
  cause,     ///< the diagnosed cause, else the likeliest of the line
  server,    ///< nginx's server name or listener; an incident may have several
  upstream,  ///< the peer: host and port, or the name of a group
  name,      ///< the name that a certificate was checked against
  host,      ///< the host that runs nginx; an incident may have several
  file,      ///< the file or directive that a configuration fault names
  label,  ///< "site=fra": what an affected host is labelled with by its own configuration; several
};

std::string_view to_string(Label label);
std::optional<Label> label_from_string(std::string_view name);
/// All names, for messages and completion.
std::span<const std::string_view> label_names();

/// The values of one label; empty when the incident has none. They stand in the incident, or in
/// `room` where it has no such text.
std::vector<std::string_view> values_of(const correlate::Incident& incident, Label label,
                                        std::string& room);

/// One condition on an incident, written as Alertmanager writes it: `server=db.corp.test`,
/// `severity!=info`, `rule=~nginx/upstream-.*`, `host!~"test.*"`. Regexes are RE2 and match the
/// whole value. `=` and `=~` hold when any of several values does, `!=` and `!~` when none does; an
/// incident without a value has the empty one. Immutable, cheap to copy.
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
