#include "notify/silence.h"

#include <simdjson.h>

#include <algorithm>

#include "base/digest.h"
#include "base/json/json_writer.h"

namespace handshaked::notify {
namespace {

constexpr std::size_t kMostMatchers = 32;
constexpr std::size_t kLongestComment = 1000;

std::int64_t micros(Time time) { return time.time_since_epoch().count(); }

}  // namespace

std::string to_json(const Silence& silence) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("id", silence.id).array("matchers", texts_of(silence.matchers));
  json.member("starts_at", micros(silence.starts_at)).member("ends_at", micros(silence.ends_at));
  json.member("created_at", micros(silence.created_at)).member("created_by", silence.created_by);
  json.member("comment", silence.comment).end_object();
  return out;
}

Result<Silence> silence_from_json(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input, "a stored silence is not JSON");
  const auto read_text = [&root](std::string_view key) {
    std::string_view value;
    return root[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
  };
  const auto read_time = [&root](std::string_view key) {
    std::int64_t value = 0;
    return root[key].get(value) == simdjson::SUCCESS ? Time(Duration(value)) : Time{};
  };
  std::vector<std::string> texts;
  simdjson::dom::array list;
  if (root["matchers"].get(list) == simdjson::SUCCESS) {
    for (const simdjson::dom::element item : list) {
      std::string_view value;
      if (item.get(value) == simdjson::SUCCESS) texts.emplace_back(value);
    }
  }
  Silence silence;
  TRY(silence.matchers, parse_matchers(texts));
  silence.id = read_text("id");
  silence.starts_at = read_time("starts_at");
  silence.ends_at = read_time("ends_at");
  silence.created_at = read_time("created_at");
  silence.created_by = read_text("created_by");
  silence.comment = read_text("comment");
  if (silence.id.empty() || silence.matchers.empty())
    return fail(ErrorCode::invalid_input, "a stored silence lacks its id or its matchers");
  return silence;
}

void SilenceBook::restore(Silence silence) {
  std::string id = silence.id;
  silences_.insert_or_assign(std::move(id), std::move(silence));
}

Result<Silence> SilenceBook::add(Silence silence, Time now) {
  const auto refuse = [](const char* why) { return fail(ErrorCode::invalid_input, why); };
  const bool is_everything =
      std::all_of(silence.matchers.begin(), silence.matchers.end(),
                  [](const Matcher& matcher) { return matcher.matches_nothing_given(); });
  if (is_everything)
    return refuse("a silence needs at least one matcher that does not hold for everything");
  if (silence.matchers.size() > kMostMatchers) return refuse("a silence has at most 32 matchers");
  if (silence.ends_at <= now || silence.ends_at <= silence.starts_at)
    return refuse("a silence must end in the future, after its start");
  if (silence.ends_at - std::max(now, silence.starts_at) > kLongest)
    return refuse("a silence lasts a year at most");
  if (silence.comment.size() > kLongestComment)
    return refuse("the comment of a silence has at most 1000 bytes");
  forget_ended(now);
  if (silences_.size() >= kMost)
    return fail(ErrorCode::limit_exceeded, "there are 1000 silences already: expire some");
  silence.created_at = now;
  do {
    const std::string seed = to_json(silence) + std::to_string(++added_);
    silence.id = "sil-" + sha256_hex(seed, 8);
  } while (silences_.contains(silence.id));
  silences_.emplace(silence.id, silence);
  return silence;
}

std::optional<Silence> SilenceBook::expire(std::string_view id, Time now) {
  const auto it = silences_.find(id);
  if (it == silences_.end() || it->second.ends_at <= now) return std::nullopt;
  it->second.starts_at = std::min(it->second.starts_at, now);
  it->second.ends_at = now;
  return it->second;
}

std::vector<std::string> SilenceBook::silencing(const correlate::Incident& incident,
                                                Time now) const {
  std::vector<std::string> ids;
  for (const auto& [id, silence] : silences_) {
    if (silence.is_active(now) && all_match(silence.matchers, incident)) ids.push_back(id);
  }
  return ids;
}

std::optional<Time> SilenceBook::next_change(Time now) const {
  std::optional<Time> next;
  for (const auto& [id, silence] : silences_) {
    for (const Time at : {silence.starts_at, silence.ends_at}) {
      if (at > now && (!next || at < *next)) next = at;
    }
  }
  return next;
}

std::vector<Silence> SilenceBook::list() const {
  std::vector<Silence> all;
  for (const auto& [id, silence] : silences_) all.push_back(silence);
  return all;
}

void SilenceBook::forget_ended(Time now) {
  std::erase_if(silences_, [now](const auto& entry) { return entry.second.ends_at <= now; });
}

}  // namespace handshaked::notify
