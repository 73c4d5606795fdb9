#include "parse/provenance.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "ingest/log_line.h"
#include "parse/context.h"
#include "parse/envelope.h"
#include "parse/nginx_error_parser.h"

namespace handshaked::parse {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t kRecordLimit = ingest::kNginxLineLimit;

std::size_t end_of_line(std::string_view window, std::size_t begin) {
  const auto end = window.find('\n', begin);
  return end == npos ? window.size() : end;
}

/// A line without what a transport wrote around it, as far as nginx can have written it.
class Unwrapped {
 public:
  explicit Unwrapped(std::string_view line) : text_(line), header_(header_length(line)) {
    for (std::size_t i = 0; header_ == 0 && i < kMaxEnvelopes; ++i) {
      const Envelope envelope = peel_envelope(text_, scratch_[i]);
      if (!envelope.found) return;
      text_ = envelope.inner;
      header_ = header_length(text_);
    }
  }
  std::string_view text() const { return text_.substr(0, kLongestRecord); }
  std::size_t header() const { return header_; }

 private:
  static constexpr std::size_t kMaxEnvelopes = 3;
  std::array<std::string, kMaxEnvelopes> scratch_;
  std::string_view text_;
  std::size_t header_;
};

bool holds_encoded_line_feed(std::string_view text) {
  for (auto at = text.find('%'); at != npos; at = text.find('%', at + 1)) {
    if (at + 2 < text.size() && text[at + 1] == '0' && (text[at + 2] | 0x20) == 'a') return true;
  }
  return false;
}

/// A stranger's text that begins like JSON hides what nginx has written behind it. What is JSON ends like it, too.
bool only_begins_like_json(std::string_view line) {
  const auto last = line.find_last_not_of(" \t\r,");
  return line.starts_with('{') && (last == npos || line[last] != '}');
}

/// Does the line end a record that was left open before it? Its last context belongs to that record.
bool closes_record(std::string_view whole) {
  if (only_begins_like_json(whole) && count_contexts(whole.substr(0, kLongestRecord)) >= 1) return true;
  const Unwrapped line(whole);
  const std::size_t contexts = count_contexts(line.text());
  if (line.header() == 0) return contexts >= 1;
  return contexts >= 2 || (contexts == 1 && holds_encoded_line_feed(line.text()));
}

/// Walks the lines before `line_begin` and says whether a record is still open there.
bool is_inside_record(std::string_view window, std::size_t line_begin, std::size_t settled) {
  std::size_t at = line_begin > kRecordLimit ? line_begin - kRecordLimit : 0;
  if (settled >= at) {
    at = settled;
  } else if (at != 0) {
    at = std::min(end_of_line(window, at) + 1, line_begin);  // the first line may be cut
  }
  std::size_t record_begin = npos;
  while (at < line_begin) {
    const std::size_t end = end_of_line(window, at);
    const std::string_view whole = window.substr(at, end - at);
    if (record_begin != npos && (closes_record(whole) || end + 1 - record_begin >= kRecordLimit)) record_begin = npos;
    // What ends one record may itself go on behind its end.
    if (record_begin == npos && !is_closed_at_a_glance(whole) && is_left_open(Unwrapped(whole).text())) record_begin = at;
    at = end + 1;
  }
  return record_begin != npos && line_begin - record_begin < kRecordLimit;
}

/// Is the next line without a header, but with a context? Then it ends a record that began before our line.
bool is_followed_by_orphan(std::string_view window, std::size_t line_end) {
  std::size_t at = line_end + 1;
  for (int lines = 0; lines < 8 && at < window.size() && at < line_end + kRecordLimit; ++lines) {
    const std::size_t end = end_of_line(window, at);
    const std::string_view whole = window.substr(at, end - at);
    if (message_at_a_glance(whole) != npos) return false;
    const Unwrapped line(whole);
    if (line.header() != 0) return false;
    if (count_contexts(line.text()) != 0) return true;
    at = end + 1;
  }
  return false;
}

/// Could the record before this line have been completed by a stranger, so that it only looks finished? Its message quotes
/// text that may be his: a path, a user name, an application's stderr.
bool follows_quoted_text(std::string_view window, std::size_t line_begin) {
  if (line_begin == 0) return false;
  const auto line_feed = line_begin >= 2 ? window.rfind('\n', line_begin - 2) : npos;
  const std::size_t begin = line_feed == npos ? 0 : line_feed + 1;
  const Unwrapped line(window.substr(begin, line_begin - 1 - begin));
  if (line.header() == 0) return true;
  const std::string_view message = line.text().substr(line.header());
  return message.substr(0, find_context(message)).find('"') != npos;
}

/// Only line feeds that were encoded become line feeds: those between records tell nothing.
std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '\n' ? '\0' : text[i];
    }
  }
  return out;
}

/// Does a request printed in the same record, decoded, contain the beginning of this line?
bool is_quoted_by_request(std::string_view window, std::size_t line_begin, std::size_t line_end) {
  static constexpr std::size_t kCompared = 60;
  const std::string_view near = window.substr(line_begin, std::min(window.size(), line_end + kRecordLimit) - line_begin);
  if (!holds_encoded_line_feed(near)) return false;
  const std::string_view line = window.substr(line_begin, std::min(kCompared, line_end - line_begin));
  return percent_decoded(near).find(std::string("\n").append(line)) != npos;
}

}  // namespace

Provenance examine_provenance(std::string_view window, std::size_t line_begin, std::size_t line_end, std::size_t settled,
                              bool foreign_tail) {
  if (is_inside_record(window, line_begin, settled)) return Provenance::forged;
  if (is_quoted_by_request(window, line_begin, line_end)) return Provenance::forged;
  if (is_followed_by_orphan(window, line_end)) return Provenance::doubtful;
  return foreign_tail && follows_quoted_text(window, line_begin) ? Provenance::doubtful : Provenance::genuine;
}

}  // namespace handshaked::parse
