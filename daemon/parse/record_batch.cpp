#include "parse/record_batch.h"

#include <algorithm>
#include <array>
#include <vector>

#include "parse/characters.h"
#include "parse/envelope.h"

namespace handshaked::parse {
namespace {

/// Shorter values hold no record: they stay where they are, so that the lines are not much longer
/// than what they were made of.
constexpr std::size_t kShortest = 24;
constexpr std::size_t kLongestPath = 96, kLongestPrefix = 256;
/// How deep lists of records may lie; what is deeper belongs to the record around it.
constexpr std::size_t kDeepest = 32;

/// Where exporters, log stores and their queries keep lists of records; the list that is the whole
/// line has no name.
constexpr std::array<std::string_view, 19> kLists{
    "",
    "resourceLogs.scopeLogs.logRecords",
    "resource_logs.scope_logs.log_records",
    "resourceLogs.instrumentationLibraryLogs.logRecords",
    "scopeLogs.logRecords",
    "logRecords",
    "streams.values",
    "data.result.values",
    "logEvents",
    "events",
    "entries",
    "records",
    "Records",
    "logs",
    "lines",
    "messages",
    "results",
    "data",
    "hits.hits"};

bool is_space(char c) { return c == ' ' || c == '\t'; }

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

/// Does a list or an object begin there? "[[no "ssl_certificate" …]]" is how some pages mark what
/// they quote.
bool begins_json(std::string_view line, std::size_t at) {
  std::size_t inside = skip_spaces(line, at + 1);
  if (inside < line.size() && line[at] == '[' && line[inside] == '[') {
    inside = skip_spaces(line, inside + 1);
    if (inside < line.size() && is_digit(line[inside])) return true;
  }
  return inside < line.size() && std::string_view("{[\"").find(line[inside]) != npos;
}

/// Where JSON begins: at once, or behind the few words that syslog, a container or a pod puts in
/// front. nginx's own lines have none.
std::size_t find_json(std::string_view line) {
  if (line.size() < kShortest) return npos;
  if (line[0] == '{' || line[0] == '[') return begins_json(line, 0) ? 0 : npos;
  if (line[4] == '/') return npos;
  const std::string_view head = line.substr(0, kLongestPrefix);
  std::size_t first = npos;
  for (const char bracket : {'{', '['}) {
    auto at = head.find(bracket);
    while (at != npos && !(is_space(head[at - 1]) && begins_json(line, at)))
      at = head.find(bracket, at + 1);
    first = std::min(first, at);
  }
  if (first == npos || head.substr(0, first).find_first_of("\"#(*") != npos)
    return npos;  // nginx's header, or a message
  return first;
}

/// Behind the quote that closes the string which begins at `at`; npos: none does.
std::size_t end_of_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '"') return at + 1;
    if (json[at] == '\\') ++at;
  }
  return npos;
}

/// "2026/11/21 02:58:15 […", as nginx's lines begin.
bool begins_with_date(std::string_view text) {
  return text.size() > 20 && text[4] == '/' && text[7] == '/' && text[10] == ' ' &&
         is_digit(text[0]) && is_digit(text[9]);
}

class BatchSplitter {
 public:
  /// `takes_any`: every list may be one of records, if its strings begin as nginx's lines do.
  BatchSplitter(std::string_view json, bool takes_any, std::string& lines)
      : json_(json), takes_any_(takes_any), lines_(lines) {
    lines_.clear();
    owners_.push_back({});
  }

  /// Returns how many records were found.
  std::size_t run() {
    for (std::size_t at = 0; at < json_.size();) {
      const char c = json_[at];
      if (c == '"') at = take_string(at);
      else if (c == '{' || c == '[') open(at++);
      else if (c == '}' || c == ']') close(++at);
      else {
        if (c == ',') expects_key_ = !levels_.empty() && !levels_.back().is_list;
        if (c == ':') expects_key_ = false;
        at = std::min(json_.find_first_of("\"{}[],:", at + 1), json_.size());
      }
    }
    copy_to(json_.size());
    while (owners_.size() > 1) end_record();
    write_line(owners_.front().text);
    return values_ > 1 && !takes_any_ ? records_ + values_ : records_;
  }
  /// A record lies deeper than anybody who reads one object looks (OTLP).
  bool is_deep() const { return is_deep_; }

 private:
  struct Level {
    bool is_list = false;
    bool is_batch = false;      ///< its values are records
    bool is_record = false;     ///< a value of such a list
    std::size_t path_size = 0;  ///< of the path around
  };
  /// A record that is open, or what belongs to none.
  struct Owner {
    std::string text;
    std::size_t name_size = 0;  ///< of what stands in front of the value
    bool is_dated = false;
  };

  bool is_value_of_batch() const { return !levels_.empty() && levels_.back().is_batch; }

  void open(std::size_t at) {
    const bool is_list = json_[at] == '[';
    Level level{.is_list = is_list, .path_size = path_.size()};
    if (levels_.size() >= kDeepest) {
      ++deeper_;
      return;
    }
    if (is_value_of_batch()) {
      level.is_record = true;
      // A list has no names: its values keep the one of the list around.
      begin_record(at, is_list      ? last_name()
                       : is_known() ? std::string_view()
                                    : std::string_view(path_));
    }
    level.is_batch = is_list && !level.is_record && (takes_any_ ? owners_.size() == 1 : is_known());
    levels_.push_back(level);
    expects_key_ = !is_list;
  }

  /// The value ends in front of `at`.
  void close(std::size_t at) {
    if (deeper_ > 0) {
      --deeper_;
      return;
    }
    if (levels_.empty()) return;
    const Level level = levels_.back();
    levels_.pop_back();
    path_.resize(std::min(path_.size(), level.path_size));
    expects_key_ = false;
    if (level.is_record) {
      copy_to(at);
      end_record();
    } else if (levels_.empty()) {
      copy_to(at);
      if (!level.is_list && owners_.front().text.size() >= kShortest) ++values_;
      write_line(owners_.front().text);
      owners_.front() = {};
    }
  }

  std::size_t take_string(std::size_t at) {
    const std::size_t end = std::min(end_of_string(json_, at), json_.size());
    const std::string_view raw =
        json_.substr(at + 1, end - at - 2 < json_.size() ? end - at - 2 : 0);
    if (deeper_ == 0 && !levels_.empty() && expects_key_) {
      path_.resize(std::min(path_.size(), levels_.back().path_size));
      if (!path_.empty()) path_ += '.';
      // Half an escape would spoil the line in which the name stands again.
      const bool is_plain = path_.size() + raw.size() <= kLongestPath && raw.find('\\') == npos;
      path_.append(is_plain ? raw : std::string_view("?"));
    } else {
      const bool is_dated = begins_with_date(raw);
      if (deeper_ == 0 && is_value_of_batch() && raw.size() >= kShortest) {
        begin_record(at, is_known() ? std::string_view("line") : std::string_view(path_));
        owners_.back().is_dated = is_dated;
        copy_to(end);
        end_record();
      } else {
        owners_.back().is_dated = owners_.back().is_dated || is_dated;
      }
    }
    return end;
  }

  /// `name`: under which the value is kept in a line of its own; none for an object that says
  /// itself what it is.
  void begin_record(std::size_t at, std::string_view name) {
    copy_to(at);
    is_deep_ = is_deep_ || (!takes_any_ && std::count(path_.begin(), path_.end(), '.') > 1);
    owners_.push_back({});
    if (!name.empty()) owners_.back().text.append("{\"").append(name).append("\":");
    owners_.back().name_size = owners_.back().text.size();
  }

  void end_record() {
    Owner record = std::move(owners_.back());
    owners_.pop_back();
    if (record.text.size() - record.name_size < kShortest) {
      owners_.back().text.append(record.text, record.name_size);
      return;
    }
    if (record.name_size > 0) record.text += '}';
    if (!takes_any_ || record.is_dated) ++records_;
    write_line(record.text);
  }

  void write_line(std::string_view text) {
    if (text.size() >= kShortest) lines_.append(text).append("\n");
  }

  void copy_to(std::size_t at) {
    owners_.back().text.append(json_.substr(copied_, at - copied_));
    copied_ = at;
  }

  bool is_known() const { return std::find(kLists.begin(), kLists.end(), path_) != kLists.end(); }
  std::string_view last_name() const {
    const std::string_view path = path_;
    return path.empty() ? std::string_view("values") : path.substr(path.rfind('.') + 1);
  }

  std::string_view json_;
  bool takes_any_;
  std::string& lines_;
  std::vector<Owner> owners_;  ///< what belongs to no record, then the records that are open
  std::vector<Level> levels_;
  std::string path_;
  bool expects_key_ = false, is_deep_ = false;
  std::size_t copied_ = 0, deeper_ = 0;
  std::size_t records_ = 0, values_ = 0;  ///< in lists; objects one behind the other
};

/// Does `line` hold several records in its own brackets?
bool holds_list(std::string_view line) {
  const std::size_t json = find_json(line);
  if (json == npos) return false;
  if (line[json] == '[') return true;
  for (auto at = line.find('[', json); at != npos; at = line.find('[', at + 1)) {
    const std::size_t inside = skip_spaces(line, at + 1);
    if (inside >= line.size()) break;
    if (line[inside] == '{' || line[inside] == '[') return true;
    if (line[inside] == '"' && line.substr(inside + 1, kShortest).find('"') == npos) return true;
  }
  for (auto at = line.find('{', json + 1); at != npos; at = line.find('{', at + 1)) {
    std::size_t before = at - 1;
    while (before > json && (is_space(line[before]) || line[before] == ',')) --before;
    if (line[before] == '}') return true;
  }
  return false;
}

bool split_lists(std::string_view line, std::string& lines) {
  const std::size_t begin = find_json(line);
  if (begin == npos) return false;
  const std::string_view json = line.substr(begin);
  // What stands in front is kept as well; a list that is the whole line is no record, also where it
  // holds only one.
  const std::size_t enough = json.front() == '[' ? 1 : 2;
  for (const bool takes_any : {false, true}) {
    BatchSplitter splitter(json, takes_any, lines);
    if (splitter.run() < (splitter.is_deep() ? 1 : enough)) continue;
    if (begin > 0) lines.append(line.substr(0, begin)).append("\n");
    return true;
  }
  return false;
}

/// A batch that Docker, or a shipper, took for a text: {"log":"{\"logEvents\":[…"}.
bool may_hold_batch_as_text(std::string_view line) {
  return line.starts_with('{') && (line.find(R"("{\")") != npos || line.find(R"("[{\")") != npos);
}

}  // namespace

bool may_be_batch(std::string_view line) {
  return holds_list(line) || may_hold_batch_as_text(line);
}

bool split_batch(std::string_view line, std::string& lines) {
  if (split_lists(line, lines)) return true;
  std::string text;
  if (!may_hold_batch_as_text(line)) return false;
  const Envelope envelope = peel_envelope(line, text);
  return envelope.found && holds_list(envelope.inner) && split_lists(envelope.inner, lines);
}

}  // namespace handshaked::parse
