#include "parse/envelope.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/split_record.h"
#include "base/text/hex_digit.h"
#include "base/text/utf8.h"
#include "parse/characters.h"

namespace handshaked::parse {
namespace {

/// Does `text` have the shape at its beginning? 'd' is a digit, 'a' a letter, '_' a space or a
/// digit, all else itself.
bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const char c = text[i];
    const bool fits = shape[i] == 'd'   ? is_digit(c)
                      : shape[i] == '_' ? is_digit(c) || c == ' '
                      : shape[i] == 'a' ? (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                                        : c == shape[i];
    if (!fits) return false;
  }
  return true;
}

std::string_view take_word(std::string_view& text) {
  const auto space = text.find(' ');
  if (space == npos) return {};
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space + 1);
  return word;
}

bool is_rfc3339(std::string_view word) { return has_shape(word, "dddd-dd-ddTdd:dd:dd"); }

bool read_hex4(std::string_view text, std::size_t at, std::uint32_t& value) {
  if (at + 4 > text.size()) return false;
  value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return false;
    value = value * 16 + static_cast<std::uint32_t>(digit);
  }
  return true;
}

/// Reads a JSON string whose opening quote stands at `at`; moves `at` behind the closing one.
bool read_json_string(std::string_view json, std::size_t& at, std::string& out) {
  out.clear();
  for (++at; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      ++at;
      return true;
    }
    if (c != '\\') {
      out += c;
      continue;
    }
    if (++at >= json.size()) return false;
    switch (json[at]) {
      case 'n': out += '\n'; break;
      case 't': out += '\t'; break;
      case 'r': out += '\r'; break;
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'u': {
        std::uint32_t point = 0;
        std::uint32_t low = 0;
        if (!read_hex4(json, at + 1, point)) return false;
        at += 4;
        if (point >= 0xD800 && point < 0xDC00 && json.substr(at + 1, 2) == "\\u" &&
            read_hex4(json, at + 3, low) && low >= 0xDC00 && low < 0xE000) {
          point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
          at += 6;
        }
        append_utf8(point, out);
        break;
      }
      default: out += json[at];
    }
  }
  return false;
}

/// Names under which shippers keep the line, best first. A dot leads into an object.
constexpr std::string_view kTextNames[] = {"message",
                                           "log",
                                           "msg",
                                           "MESSAGE",
                                           "body",
                                           "line",
                                           "event.original",
                                           "body.stringValue",
                                           "@message",
                                           "textPayload",
                                           "jsonPayload.message",
                                           "jsonPayload.log",
                                           "log_processed.message",
                                           "attributes.message",
                                           "fields.message",
                                           "data.message",
                                           "message.message",
                                           "_source.message",
                                           "error.message",
                                           "logEvents.message",
                                           "detail.message",
                                           "full_message",
                                           "short_message",
                                           "event",
                                           "event.message",
                                           "event.line",
                                           "content.message",
                                           "_raw",
                                           "@rawstring",
                                           "@m",
                                           "Message",
                                           "LogEntry",
                                           "LogMessage",
                                           "Log_s",
                                           "values",
                                           "streams.values"};
/// Where a program keeps what nginx -t has printed.
constexpr std::string_view kOutputNames[] = {"error", "err", "stderr", "output", "stdout"};
constexpr std::string_view kHostNames[] = {"host",          "hostname",  "host.name",
                                           "host.hostname", "_HOSTNAME", "kubernetes.host",
                                           "agent.hostname"};
constexpr std::string_view kTimeNames[] = {"@timestamp", "time", "timestamp"};
constexpr std::size_t kUnknown = 100;
/// How deep a name may lead.
constexpr std::size_t kDeepest = 4;

template <std::size_t N>
std::size_t rank_of(const std::string_view (&names)[N], std::string_view path) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == path) return i;
  }
  return kUnknown;
}

/// What a JSON object holds of an nginx line, whatever it is called, and in one piece or in fields.
class JsonEnvelope {
 public:
  JsonEnvelope(std::string_view line, std::string& scratch) : line_(line), scratch_(scratch) {}

  /// Reads the object. Only members of it, or of an object in it, are looked at: text inside a
  /// value can never pass for a key.
  Envelope read() {
    for (std::size_t at = 0; at < line_.size();) {
      const char c = line_[at];
      if (c == '"') {
        const std::size_t begin = at + 1;
        if (!read_json_string(line_, at, value_)) return {};
        take_string(line_.substr(begin, at - begin - 1));
      } else if (is_digit(c) && !expects_key_) {
        const std::size_t begin = at;
        while (at < line_.size() && (is_digit(line_[at]) || line_[at] == '.')) ++at;
        if (is_member()) split_.offer(path_, line_.substr(begin, at - begin));
      } else {
        take_sign(c);
        ++at;
      }
    }
    if (text_rank_ != kUnknown && !is_whole_ && split_.has_header()) {
      scratch_ = split_.line(scratch_, {});
      // `host` is the request's then, and nobody's name.
      if (split_.has_context() && host_rank_ == 0) envelope_.host = {};
    }
    envelope_.inner = scratch_;
    return envelope_;
  }

 private:
  /// Of an object that a name can lead into; what stands in a list counts as well, the first of
  /// them before the others.
  bool is_member() const { return depth_ >= 1 && depth_ <= kDeepest; }

  void take_sign(char c) {
    switch (c) {
      case '{':
        if (depth_ >= 1 && depth_ < kDeepest) outer_[depth_ - 1] = path_.size();
        ++depth_;
        lists_ <<= 1U;
        expects_key_ = true;
        break;
      case '}':
        if (depth_ > 0) --depth_;
        lists_ >>= 1U;
        if (depth_ >= 1 && depth_ < kDeepest)
          path_.resize(std::min(path_.size(), outer_[depth_ - 1]));
        break;
      case '[': lists_ = lists_ << 1U | 1U; break;
      case ']': lists_ >>= 1U; break;
      case ':': expects_key_ = false; break;
      case ',': expects_key_ = (lists_ & 1U) == 0; break;
      default: break;
    }
  }

  void take_string(std::string_view raw) {
    if (!is_member()) return;
    if (expects_key_) {
      path_.resize(depth_ == 1 ? 0 : std::min(path_.size(), outer_[depth_ - 2]));
      if (depth_ > 1) path_ += '.';
      path_.append(value_, 0, kLongestName);
      return;
    }
    take_text();
    split_.offer(path_, value_);
    if (const auto rank = rank_of(kHostNames, path_); rank < host_rank_ && raw == value_) {
      host_rank_ = rank;
      envelope_.host = raw;
    }
    if (const auto rank = rank_of(kTimeNames, path_);
        rank < time_rank_ && is_rfc3339(value_) && raw == value_) {
      time_rank_ = rank;
      envelope_.time = raw;
    }
  }

  void take_text() {
    const std::size_t rank = rank_of(kTextNames, path_);
    const std::string_view text =
        std::string_view(value_).substr(std::min(value_.find_first_not_of(' '), value_.size()));
    if (rank != kUnknown && !text.empty() && std::all_of(text.begin(), text.end(), is_digit))
      return;  // Loki's time in front of the text
    const bool is_whole = has_shape(text, "dddd/dd/dd dd:dd:dd [");
    // A whole line is better than a part of it, whatever the name.
    if (is_whole == is_whole_ ? rank < text_rank_ : is_whole && rank != kUnknown) {
      text_rank_ = rank;
      is_whole_ = is_whole;
      scratch_ = is_whole ? text : std::string_view(value_);
      if (scratch_.ends_with('\n')) scratch_.pop_back();
      envelope_.found = true;
    } else if ((!envelope_.found && is_whole) || (!is_whole_ && text.starts_with("nginx: [") &&
                                                  rank_of(kOutputNames, path_) != kUnknown)) {
      // Under another name it may be a field that strangers fill, such as a path: read, but with
      // the name in front of it, which makes it a line that nobody vouches for.
      scratch_ = path_.substr(path_.rfind('.') + 1);
      scratch_.append(": ").append(value_);
      text_rank_ = is_whole ? kUnknown : 0;
      envelope_.found = true;
    }
  }

  static constexpr std::size_t kLongestName = 128;
  std::string_view line_;
  std::string& scratch_;
  Envelope envelope_;
  SplitRecord split_;
  std::string path_, value_;
  std::array<std::size_t, kDeepest>
      outer_{};  ///< of path_, what belongs to the objects around, by their depth
  bool expects_key_ = true;
  std::size_t depth_ = 0;
  std::uint64_t lists_ =
      0;  ///< a bit for each list or object around, the innermost last: set for a list
  bool is_whole_ = false;  ///< the text begins with nginx's own header
  std::size_t text_rank_ = kUnknown, host_rank_ = kUnknown, time_rank_ = kUnknown;
};

/// "E1121 02:58:15.123456       7 main.go:42] …": the header of Kubernetes' own programs.
std::string_view behind_klog_header(std::string_view line) {
  if (!has_shape(line, "adddd dd:dd:dd.dddddd ")) return {};
  const auto end = line.find("] ");
  if (end > 200 || line.substr(0, end).find('"') != npos) return {};
  return line.substr(end + 2);
}

/// The rest after "HOST TAG[pid]: ".
Envelope peel_host_and_tag(std::string_view rest, std::string_view time) {
  // nginx's `nohostname` leaves the host out: "TAG: ".
  const auto colon = rest.find(": ");
  if (colon > 300) return {};
  std::string_view head = rest.substr(0, colon);
  if (head.find('"') != npos || head.starts_with('[')) return {};  // "[error] 9#9" is nginx's own
  Envelope envelope{.inner = rest.substr(colon + 2), .time = time, .host = {}, .found = true};
  if (const auto space = head.find(' '); space != npos) {
    envelope.host = head.substr(0, space);
    if (head.find(' ', space + 1) != npos) return {};
  }
  return envelope;
}

/// STRUCTURED-DATA of RFC 5424: "-" or "[id name=\"value\"]…". Returns what follows it and its
/// space.
std::string_view skip_structured_data(std::string_view rest) {
  if (rest.starts_with('-')) return rest.substr(rest.size() > 1 ? 2 : 1);
  bool quoted = false;
  for (std::size_t at = 0; at < rest.size(); ++at) {
    if (rest[at] == '\\') {
      ++at;
    } else if (rest[at] == '"') {
      quoted = !quoted;
    } else if (rest[at] == ']' && !quoted && (at + 1 == rest.size() || rest[at + 1] != '[')) {
      return rest.substr(std::min(rest.size(), at + 2));
    }
  }
  return {};
}

Envelope peel_rfc5424(std::string_view rest) {
  rest.remove_prefix(2);  // "1 "
  Envelope envelope;
  envelope.time = take_word(rest);
  envelope.host = take_word(rest);
  for (int i = 0; i < 3; ++i) take_word(rest);  // APP-NAME PROCID MSGID
  if (!is_rfc3339(envelope.time)) envelope.time = {};
  rest = skip_structured_data(rest);
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  envelope.inner = rest;
  envelope.found = true;
  return envelope;
}

std::string_view skip_priority(std::string_view line) {
  if (!line.starts_with('<')) return line;
  const auto close = line.find('>');
  if (close == npos || close < 2 || close > 4) return line;
  for (std::size_t i = 1; i < close; ++i) {
    if (!is_digit(line[i])) return line;
  }
  return line.substr(close + 1);
}

/// "web-1  | …" of compose and "[pod/web-0/nginx] …" of kubectl: a short prefix without quotes.
Envelope peel_container_name(std::string_view line) {
  if (line.starts_with("[pod/")) {
    if (const auto close = line.find("] "); close < 300) {
      return {.inner = line.substr(close + 2),
              .time = {},
              .host = line.substr(5, close - 5),
              .found = true};
    }
  }
  if (const auto bar = line.find(" | "); bar < 128) {
    std::string_view name = line.substr(0, bar);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty() && name.find_first_of(" \"") == npos)
      return {.inner = line.substr(bar + 3), .time = {}, .host = name, .found = true};
  }
  return {};
}

}  // namespace

Envelope peel_envelope(std::string_view line, std::string& scratch) {
  if (line.starts_with('{')) return JsonEnvelope(line, scratch).read();
  // rsyslog's and syslog-ng's mark in front of JSON.
  if (line.starts_with("@cee:")) {
    const auto brace = line.find_first_not_of(' ', 5);
    if (brace != npos && line[brace] == '{')
      return JsonEnvelope(line.substr(brace), scratch).read();
  }
  if (const std::string_view inner = behind_klog_header(line); !inner.empty()) {
    return {.inner = inner, .time = {}, .host = {}, .found = true};
  }
  std::string_view rest = skip_priority(line);
  if (rest.size() != line.size() && rest.starts_with("1 ")) return peel_rfc5424(rest);
  if (has_shape(rest, "aaa _d dd:dd:dd ")) return peel_host_and_tag(rest.substr(16), {});
  if (is_rfc3339(rest)) {
    const std::string_view time = take_word(rest);
    if (rest.starts_with("stdout ") || rest.starts_with("stderr ")) {
      rest.remove_prefix(7);
      if (rest.starts_with("F ") || rest.starts_with("P ")) rest.remove_prefix(2);
      return {.inner = rest, .time = time, .host = {}, .found = true};
    }
    if (rest.size() > 4 && is_digit(rest[0]) && rest[4] == '/')
      return {.inner = rest, .time = time, .host = {}, .found = true};
    return peel_host_and_tag(rest, time);
  }
  return peel_container_name(line);
}

}  // namespace handshaked::parse
