#include "base/split_record.h"

#include <algorithm>
#include <cstdint>

namespace handshaked {
namespace {

constexpr std::size_t kLongestValue = 4096;

using enum SplitRecord::Field;

/// What the shippers call a field, the surest name first.
struct FieldName {
  std::string_view name;
  SplitRecord::Field field;
};

constexpr std::array<FieldName, 47> kNames{{{"log_level", level},
                                            {"log.level", level},
                                            {"level", level},
                                            {"loglevel", level},
                                            {"severity", level},
                                            {"status", level},
                                            {"pid", pid},
                                            {"process.pid", pid},
                                            {"process_id", pid},
                                            {"processid", pid},
                                            {"tid", tid},
                                            {"process.thread.id", tid},
                                            {"thread_id", tid},
                                            {"threadid", tid},
                                            {"thread", tid},
                                            {"error.connection_id", connection},
                                            {"cid", connection},
                                            {"connection_id", connection},
                                            {"connection", connection},
                                            {"connectionid", connection},
                                            {"conn", connection},
                                            {"time", time},
                                            {"timestamp", time},
                                            {"@timestamp", time},
                                            {"date", time},
                                            {"datetime", time},
                                            {"client", client},
                                            {"client_ip", client},
                                            {"remote", client},
                                            {"remote_addr", client},
                                            {"source.address", client},
                                            {"client.ip", client},
                                            {"server", server},
                                            {"server_name", server},
                                            {"vhost", server},
                                            {"request", request},
                                            {"request_line", request},
                                            {"subrequest", subrequest},
                                            {"upstream", upstream},
                                            {"upstream_url", upstream},
                                            {"host", host},
                                            {"http_host", host},
                                            {"request_host", host},
                                            {"referrer", referrer},
                                            {"referer", referrer},
                                            {"http_referer", referrer},
                                            {"refer", referrer}}};

/// Objects that agents put around what a parser gave, and the ones of Elastic's names.
constexpr std::array<std::string_view, 12> kObjects{
    "jsonPayload.", "log_processed.", "attributes.", "fields.", "data.",        "parsed.",
    "nginx.",       "structured.",    "event.",      "body.",   "nginx_error.", "labels."};

std::string_view without_objects(std::string_view path) {
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view object : kObjects) {
      if (!path.starts_with(object)) continue;
      path.remove_prefix(object.size());
      again = true;
    }
  }
  return path;
}

/// Bit n of the element of a byte: a name begins with this byte and is n bytes long. Most members
/// of a record end here.
constexpr std::array<std::uint32_t, 128> kNameShapes = [] {
  std::array<std::uint32_t, 128> shapes{};
  for (const FieldName& name : kNames)
    shapes[static_cast<std::size_t>(name.name[0])] |= 1U << name.name.size();
  return shapes;
}();

bool may_be_name(std::string_view name) {
  const auto first = static_cast<unsigned char>(name.empty() ? '\0' : name[0]);
  return first < kNameShapes.size() && name.size() < 32 &&
         (kNameShapes[first] >> name.size() & 1U) != 0;
}

bool is_number(std::string_view text) {
  if (text.ends_with(".0")) text.remove_suffix(2);
  return !text.empty() && text.size() <= 18 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view digits_of(std::string_view text) { return text.substr(0, text.find('.')); }

/// nginx's name of a level, whatever the agent made of it.
std::string_view level_of(std::string_view text) {
  std::string lower(text.substr(0, 16));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  static constexpr std::array<std::string_view, 8> kLevels{"emerg", "alert",  "crit", "error",
                                                           "warn",  "notice", "info", "debug"};
  static constexpr std::array<std::array<std::string_view, 2>, 5> kOthers{
      {{"emergency", "emerg"},
       {"critical", "crit"},
       {"err", "error"},
       {"warning", "warn"},
       {"informational", "info"}}};
  for (const std::string_view level : kLevels) {
    if (lower == level) return level;
  }
  for (const auto& [other, level] : kOthers) {
    if (lower == other) return level;
  }
  return {};
}

void append_quoted(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out.append(", ").append(name).append(": \"").append(value) += '"';
}

bool begins_like_nginx(std::string_view time) {
  return time.size() >= 19 && time[4] == '/' && time[7] == '/' && time[10] == ' ' &&
         time[13] == ':';
}

}  // namespace

void SplitRecord::clear() {
  for (Value& value : values_) {
    value.text.clear();
    value.rank = kNoRank;
  }
}

void SplitRecord::offer(std::string_view path, std::string_view value) {
  if (value.empty() || value.size() > kLongestValue) return;
  const std::string_view name = without_objects(path);
  if (!may_be_name(name)) return;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i].name != name) continue;
    const Field field = kNames[i].field;
    Value& kept = values_[static_cast<std::size_t>(field)];
    const bool is_level = field == Field::level;
    const bool is_number_wanted =
        field == Field::pid || field == Field::tid || field == Field::connection;
    if (i >= kept.rank || (is_level && level_of(value).empty()) ||
        (is_number_wanted && !is_number(value)))
      return;
    kept.rank = i;
    kept.text.assign(is_level ? level_of(value) : is_number_wanted ? digits_of(value) : value);
    return;
  }
}

bool SplitRecord::wants_inside(std::string_view path) {
  if (path == "log" || path == "process" || path == "process.thread" || path == "nginx.error" ||
      path == "source" || path == "client")
    return true;
  return std::any_of(kObjects.begin(), kObjects.end(), [path](std::string_view object) {
    return object.size() == path.size() + 1 && object.starts_with(path);
  });
}

bool SplitRecord::has_header() const {
  return !at(Field::level).empty() && !at(Field::pid).empty() &&
         (!at(Field::tid).empty() || !at(Field::connection).empty());
}

std::string SplitRecord::line(std::string_view message, std::string_view time) const {
  std::string out;
  if (begins_like_nginx(at(Field::time))) time = at(Field::time);
  if (!time.empty()) out.append(time) += ' ';
  const std::string& thread = at(Field::tid).empty() ? at(Field::pid) : at(Field::tid);
  out.append("[")
      .append(at(Field::level))
      .append("] ")
      .append(at(Field::pid))
      .append("#")
      .append(thread)
      .append(": ");
  if (!at(Field::connection).empty() && !message.starts_with('*'))
    out.append("*").append(at(Field::connection)) += ' ';
  out.append(message);
  if (message.find(", client: ") == std::string_view::npos) append_context(out);
  return out;
}

void SplitRecord::append_context(std::string& out) const {
  if (!has_context()) return;
  out.append(", client: ").append(at(Field::client)).append(", server: ").append(at(Field::server));
  append_quoted(out, "request", at(Field::request));
  append_quoted(out, "subrequest", at(Field::subrequest));
  append_quoted(out, "upstream", at(Field::upstream));
  append_quoted(out, "host", at(Field::host));
  append_quoted(out, "referrer", at(Field::referrer));
}

}  // namespace handshaked
