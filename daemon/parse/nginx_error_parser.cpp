#include "parse/nginx_error_parser.h"

#include "base/line_count.h"
#include "ingest/log_line.h"
#include "parse/context.h"
#include "parse/envelope.h"
#include "parse/log_header.h"
#include "parse/message_begin.h"

namespace handshaked::parse {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t kMaxUnknownPrefix = 200;

/// Finds a header behind a short prefix of a program that we do not know ("mylogger: 2026/11/21 …").
std::size_t find_header_behind_prefix(std::string_view line) {
  for (std::size_t at = line.find('/'); at != npos && at < kMaxUnknownPrefix; at = line.find('/', at + 1)) {
    if (at >= 4 && header_length(line.substr(at - 4)) != 0) {
      return line.substr(0, at - 4).find('"') == npos ? at - 4 : npos;
    }
  }
  return npos;
}

/// A JSON object in which every string that holds quotes begins with a date, and has them all closed, the last one at its end. What another
/// envelope inside may hold, and \\u, which may stand for a quote, are left to a closer look.
bool holds_only_closed_strings(std::string_view json) {
  bool is_inside = false, ends_in_quote = false;
  std::size_t begin = 0, quotes = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      const bool begins_with_date = begin + 4 < at && json[begin + 4] == '/' && json[begin] >= '0' && json[begin] <= '9';
      if (is_inside && quotes > 0 && (quotes % 2 != 0 || !ends_in_quote || !begins_with_date)) return false;
      is_inside = !is_inside;
      begin = at + 1;
      quotes = 0;
    } else if (c == '\\') {
      const std::string_view escape = json.substr(at, 3);
      if (escape.size() < 3 || escape[1] == 'u') return false;
      if (escape[1] == '"') ++quotes;
      // The line feed that Docker puts behind a line is taken off.
      if (escape != "\\n\"") ends_in_quote = escape[1] == '"';
      ++at;
    } else {
      if (c == '%' && at + 1 < json.size() && json[at + 1] == '0') return false;
      ends_in_quote = false;
    }
  }
  return !is_inside;
}

}  // namespace

const ErrorRecord& NginxErrorParser::parse(std::string_view line) {
  record_ = ErrorRecord{};
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::size_t header = read_header(line, record_);
  for (std::size_t i = 0; header == 0 && i < kMaxEnvelopes; ++i) {
    const Envelope envelope = peel_envelope(line, unescaped_[i]);
    if (!envelope.found) break;
    line = envelope.inner;
    if (has(envelope.time) && !envelope.time.empty()) record_.envelope_time = envelope.time;
    if (has(envelope.host) && !envelope.host.empty()) record_.envelope_host = envelope.host;
    header = read_header(line, record_);
  }

  std::size_t prefix = 0;
  if (header != 0) {
    record_.form = Form::file;
  } else if ((header = read_stderr_header(line, record_)) != 0) {
    record_.form = Form::stderr_;
  } else if ((prefix = find_header_behind_prefix(line)) != npos) {
    // Readable, but nobody vouches for the prefix: it stays a bare line and is not trusted.
    header = prefix + read_header(line.substr(prefix), record_);
  }
  record_.truncated = line.size() + 1 >= ingest::kNginxLineLimit;
  read_context(line.substr(header, kLongestRecord), record_);
  return record_;
}

bool is_left_open(std::string_view line) {
  const std::size_t header = header_length(line);
  if (header == 0 || line.size() + 1 >= ingest::kNginxLineLimit) return false;
  const std::string_view rest = line.substr(header);  // within nginx's limit
  const std::size_t context = find_context(rest);
  if (context == npos) {
    bool quoted = false;
    for (const char c : rest) quoted ^= c == '"';
    return quoted;
  }
  const std::string_view fields = rest.substr(context);
  const auto request = fields.find(", request: \"");
  if (request == npos) return false;
  if (!fields.ends_with('"')) return true;
  // The path behind `upstream:` is decoded. Where the request holds an encoded line feed and the line ends in `upstream:`
  // without it, the line feed was printed raw and the record goes on.
  ErrorRecord record;
  read_context(rest, record);
  const auto encoded = [](std::string_view field) { return field.find("%0a") != npos || field.find("%0A") != npos; };
  return has(record.upstream) && !has(record.host) && !has(record.referrer) && encoded(record.request) && !encoded(record.upstream);
}

std::size_t message_at_a_glance(std::string_view line) {
  if (const std::size_t header = header_length(line); header != 0) return header;
  return find_wrapped_message(line.substr(0, kLongestWrapping));
}

bool is_closed_at_a_glance(std::string_view line) {
  if (line.starts_with('{')) return holds_only_closed_strings(line);
  // In front of a message in a line that begins with a date, nothing is quoted: its header need not be read.
  const bool begins_with_date = line.size() > 4 && line[4] == '/' && line[0] >= '0' && line[0] <= '9';
  const std::size_t message = begins_with_date ? 0 : find_wrapped_message(line.substr(0, kLongestWrapping));
  if (message == npos) return false;
  const std::string_view rest = line.substr(message);
  const std::size_t quotes = count_bytes(rest, '"');
  if (quotes == 0) return true;
  if (quotes % 2 != 0 || !rest.ends_with('"')) return false;
  // A path that holds an encoded line feed asks for a closer look.
  for (auto at = rest.find('%'); at != npos; at = rest.find('%', at + 1)) {
    if (at + 1 < rest.size() && rest[at + 1] == '0') return false;
  }
  return true;
}

}  // namespace handshaked::parse
