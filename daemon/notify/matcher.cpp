#include "notify/matcher.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/text/joined.h"

namespace handshaked::notify {
namespace {

/// In the order of the enumeration.
constexpr std::array<std::string_view, 11> kNames = {"incident", "severity", "side",     "rule",
                                                     "cause",    "server",   "upstream", "name",
                                                     "host",     "file",     "label"};

std::vector<std::string_view> one(std::string_view value) {
  return value.empty() ? std::vector<std::string_view>{} : std::vector{value};
}

constexpr std::size_t kLongestMatcher = 1024;
constexpr int kRegexMemory = 1 << 20;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view to_string(Label label) { return kNames[static_cast<std::size_t>(label)]; }

std::optional<Label> label_from_string(std::string_view name) {
  const auto it = std::find(kNames.begin(), kNames.end(), name);
  if (it == kNames.end()) return std::nullopt;
  return static_cast<Label>(it - kNames.begin());
}

std::span<const std::string_view> label_names() { return kNames; }

std::vector<std::string_view> values_of(const correlate::Incident& incident, Label label,
                                        std::string& room) {
  switch (label) {
    case Label::incident: return one(room = incident.id.text());
    case Label::severity: return one(match::to_string(incident.severity));
    case Label::side: return one(parse::to_string(incident.place.side));
    case Label::rule: return one(incident.rule_id);
    case Label::cause: return one(incident.cause());
    case Label::upstream: return one(incident.place.peer);
    case Label::name: return one(incident.place.name);
    case Label::file:
      return one(incident.diagnosis && !incident.diagnosis->file.empty()
                     ? incident.diagnosis->file
                     : incident.place.object.get());
    case Label::host: return {incident.hosts.begin(), incident.hosts.end()};
    case Label::label:
      if (!incident.fleet) return {};
      return {incident.fleet->labels.begin(), incident.fleet->labels.end()};
    case Label::server: {
      std::vector<std::string_view> servers{incident.servers.begin(), incident.servers.end()};
      if (servers.empty()) servers = one(incident.place.server);
      return servers;
    }
  }
  return {};
}

Result<Matcher> Matcher::parse(std::string_view text) {
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::invalid_input,
                "the matcher `" + std::string(text.substr(0, 100)) + "` " + why);
  };
  if (text.size() > kLongestMatcher) return refuse("is too long");
  const auto operator_at = text.find_first_of("=!");
  if (operator_at == std::string_view::npos)
    return refuse("lacks an operator: write LABEL=VALUE, !=, =~ or !~");
  Matcher matcher;
  const std::string_view rest = text.substr(operator_at);
  std::size_t length = 2;
  if (rest.starts_with("=~")) matcher.test_ = Test::match;
  else if (rest.starts_with("!~")) matcher.test_ = Test::no_match;
  else if (rest.starts_with("!=")) matcher.test_ = Test::not_equal;
  else if (rest.starts_with('=')) length = 1;
  else return refuse("has no operator that is known: =, !=, =~ or !~");
  const std::string_view name = trimmed(text.substr(0, operator_at));
  const auto label = label_from_string(name);
  if (!label)
    return refuse("begins with an unknown label; the labels are " + joined(label_names()));
  matcher.label_ = *label;
  std::string_view value = trimmed(rest.substr(length));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  matcher.value_ = value;
  if (matcher.test_ == Test::match || matcher.test_ == Test::no_match) {
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(kRegexMemory);
    auto regex = std::make_shared<re2::RE2>(matcher.value_, options);
    if (!regex->ok()) return refuse("has a regex that RE2 refuses: " + regex->error());
    matcher.regex_ = std::move(regex);
  }
  return matcher;
}

bool Matcher::is_true_of(std::string_view value) const {
  switch (test_) {
    case Test::equal: return value == value_;
    case Test::not_equal: return value != value_;
    case Test::match:
      return re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
    case Test::no_match:
      return !re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
  }
  return false;
}

bool Matcher::matches(const correlate::Incident& incident) const {
  std::string room;
  std::vector<std::string_view> values = values_of(incident, label_, room);
  if (values.empty()) values.emplace_back();
  const auto holds = [this](std::string_view value) { return is_true_of(value); };
  const bool is_negative = test_ == Test::not_equal || test_ == Test::no_match;
  return is_negative ? std::all_of(values.begin(), values.end(), holds)
                     : std::any_of(values.begin(), values.end(), holds);
}

std::string Matcher::text() const {
  static constexpr std::string_view kOperators[] = {"=", "!=", "=~", "!~"};
  const bool looks_quoted = value_.size() >= 2 && value_.front() == '"' && value_.back() == '"';
  const bool needs_quotes =
      value_.empty() || looks_quoted || value_.find_first_of(" \t") != std::string::npos;
  std::string out(to_string(label_));
  out += kOperators[static_cast<std::size_t>(test_)];
  return out + (needs_quotes ? "\"" + value_ + "\"" : value_);
}

bool all_match(const std::vector<Matcher>& matchers, const correlate::Incident& incident) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const Matcher& matcher) { return matcher.matches(incident); });
}

std::vector<std::string> texts_of(const std::vector<Matcher>& matchers) {
  std::vector<std::string> texts;
  for (const Matcher& matcher : matchers) texts.push_back(matcher.text());
  return texts;
}

Result<std::vector<Matcher>> parse_matchers(const std::vector<std::string>& texts) {
  std::vector<Matcher> matchers;
  for (const std::string& text : texts) {
    TRY(auto matcher, Matcher::parse(text));
    matchers.push_back(std::move(matcher));
  }
  return matchers;
}

}  // namespace handshaked::notify
