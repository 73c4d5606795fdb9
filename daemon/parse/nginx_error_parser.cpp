#include "parse/nginx_error_parser.h"

#include "base/text/line_count.h"
#include "ingest/log_line.h"
#include "parse/action.h"
#include "parse/characters.h"
#include "parse/context.h"
#include "parse/envelope.h"
#include "parse/header_remains.h"
#include "parse/log_header.h"
#include "parse/message_begin.h"
#include "parse/pasted_text.h"

namespace handshaked::parse {
namespace {

/// A whole header at the beginning of `line`. Behind an envelope the envelope's time will do.
std::size_t read_any_header(std::string_view line, bool has_envelope, ErrorRecord& record) {
  if (const std::size_t length = read_header(line, record); length != 0) return length;
  if (const std::size_t length = read_dated_header(line, record); length != 0) return length;
  return has_envelope ? read_timeless_header(line, record) : 0;
}

/// Of several headers in a row, which a relay puts in front of nginx's, the last one counts.
std::string_view behind_first_headers(std::string_view line) {
  constexpr int kMostHeaders = 4;
  const auto length = [](std::string_view text) {
    ErrorRecord scratch;
    const std::size_t header = read_any_header(text, true, scratch);
    return header != 0 ? header : read_stderr_header(text, scratch);
  };
  for (int headers = 1; headers < kMostHeaders; ++headers) {
    const std::size_t first = length(line);
    if (first == 0 || length(line.substr(first)) == 0) break;
    line.remove_prefix(first);
  }
  return line;
}

/// A JSON object in which every string that holds quotes begins with a date, and has them all
/// closed, the last one at its end. What another envelope inside may hold, and \\u, which may stand
/// for a quote, are left to a closer look.
bool holds_only_closed_strings(std::string_view json) {
  bool is_inside = false, ends_in_quote = false;
  std::size_t begin = 0, quotes = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      const bool begins_with_date =
          begin + 4 < at && json[begin + 4] == '/' && json[begin] >= '0' && json[begin] <= '9';
      if (is_inside && quotes > 0 && (quotes % 2 != 0 || !ends_in_quote || !begins_with_date))
        return false;
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
  if (header == 0) {
    line = without_colours(line, colourless_);
    header = read_any_header(line, false, record_);
  }
  for (std::size_t i = 0; header == 0 && i < kMaxEnvelopes; ++i) {
    const Envelope envelope = peel_envelope(line, unescaped_[i]);
    if (!envelope.found) break;
    line = envelope.inner;
    if (has(envelope.time) && !envelope.time.empty()) record_.envelope_time = envelope.time;
    if (has(envelope.host) && !envelope.host.empty()) record_.envelope_host = envelope.host;
    header = read_any_header(line, true, record_);
  }
  record_.truncated = line.size() + 1 >= ingest::kNginxLineLimit;
  if (header != 0) {
    record_.form = Form::file;
  } else if ((header = read_stderr_header(line, record_)) != 0) {
    record_.form = Form::stderr_;
  } else {
    bare_text_ = pasted_text(line, undone_);
    const std::size_t message = find_end_of_header_remains(bare_text_);
    return read_message_at(message == npos ? 0 : message);
  }
  read_context(line.substr(header, kLongestRecord), record_);
  return record_;
}

const ErrorRecord& NginxErrorParser::parse_pasted(std::string_view line) {
  bare_text_ = behind_first_headers(pasted_text(line, undone_));
  const std::size_t message = find_end_of_header_remains(bare_text_);
  record_ = ErrorRecord{};
  return read_message_at(message == npos ? 0 : message);
}

bool NginxErrorParser::is_same_pasted(std::string_view line) const {
  const std::size_t header = header_length(line);
  if (header == 0 || header >= line.size() || line.size() >= ingest::kNginxLineLimit) return false;
  // Without a context, and around an action that nginx does not have, a pasted line is read with
  // more patience.
  if (!has(record_.client) && !has(record_.responder)) return false;
  if (has(record_.action) ? !is_whole_action(record_.action) : record_.text.find(" while ") != npos)
    return false;
  const std::string_view rest = line.substr(header);
  const char first = rest.front();
  const bool begins_with_letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
  if (!begins_with_letter || rest.ends_with(' ') || rest.ends_with('|') ||
      holds_anything_to_undo(rest))
    return false;
  ErrorRecord scratch;
  return read_any_header(rest, true, scratch) == 0 && read_stderr_header(rest, scratch) == 0;
}

const ErrorRecord& NginxErrorParser::read_message_at(std::size_t at) {
  const ErrorRecord before = record_;
  record_ = ErrorRecord{};
  record_.envelope_time = before.envelope_time;
  record_.envelope_host = before.envelope_host;
  record_.truncated = before.truncated;
  read_header_remains(bare_text_.substr(0, at), record_);
  read_context(bare_text_.substr(at), record_);
  return record_;
}

std::size_t any_header_length(std::string_view line, bool has_envelope) {
  ErrorRecord scratch;
  return read_any_header(line, has_envelope, scratch);
}

std::size_t message_at_a_glance(std::string_view line) {
  if (const std::size_t header = header_length(line); header != 0) return header;
  return find_wrapped_message(line.substr(0, kLongestWrapping));
}

bool is_closed_at_a_glance(std::string_view line) {
  if (line.starts_with('{')) return holds_only_closed_strings(line);
  // In front of a message in a line that begins with a date, nothing is quoted: its header need not
  // be read.
  const bool begins_with_date =
      line.size() > 4 && line[4] == '/' && line[0] >= '0' && line[0] <= '9';
  const std::size_t message =
      begins_with_date ? 0 : find_wrapped_message(line.substr(0, kLongestWrapping));
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
