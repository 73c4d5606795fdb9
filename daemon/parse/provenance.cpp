#include "parse/provenance.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "ingest/log_line.h"
#include "parse/characters.h"
#include "parse/context.h"
#include "parse/envelope.h"
#include "parse/nginx_error_parser.h"

namespace handshaked::parse {
namespace {

constexpr std::size_t kRecordLimit = ingest::kNginxLineLimit;

std::size_t end_of_line(std::string_view window, std::size_t begin) {
  const auto end = window.find('\n', begin);
  return end == npos ? window.size() : end;
}

/// A line without what a transport wrote around it, as far as nginx can have written it.
class Unwrapped {
 public:
  explicit Unwrapped(std::string_view line) : text_(line), header_(header_length(line)) {
    if (header_ == 0) header_ = any_header_length(text_, false);
    for (std::size_t i = 0; header_ == 0 && i < kMaxEnvelopes; ++i) {
      const Envelope envelope = peel_envelope(text_, scratch_[i]);
      if (!envelope.found) return;
      text_ = envelope.inner;
      header_ = any_header_length(text_, true);
    }
  }
  std::string_view text() const { return text_.substr(0, kLongestRecord); }
  bool has_header() const { return header_ != 0; }
  /// Message and context.
  std::string_view rest() const { return text_.substr(header_, kLongestRecord); }

 private:
  static constexpr std::size_t kMaxEnvelopes = 3;
  std::array<std::string, kMaxEnvelopes> scratch_;
  std::string_view text_;
  std::size_t header_;
};

std::size_t count_quotes(std::string_view text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '"')); }

bool holds_encoded_line_feed(std::string_view text) {
  for (auto at = text.find('%'); at != npos; at = text.find('%', at + 1)) {
    if (at + 2 < text.size() && text[at + 1] == '0' && (text[at + 2] | 0x20) == 'a') return true;
  }
  return false;
}

/// Could a line be where a record goes on behind a line feed?
enum class Head {
  none,
  completed,  ///< it looks finished, but quotes text of a stranger, who may have finished it
  script,     ///< a program's own words, not quoted, without a context: what it prints may hold line feeds
  open,       ///< a quote is open
  certain,    ///< and the request says that the text behind it holds a line feed
};

/// Is the path behind `upstream:`, which nginx decodes, broken off where the request holds an encoded line feed?
bool ends_in_decoded_path(std::string_view rest, std::string_view fields) {
  if (fields.find(", request: \"") == npos || !holds_encoded_line_feed(fields)) return false;
  ErrorRecord record;
  read_context(rest, record);
  if (!has(record.upstream) || has(record.host) || has(record.referrer)) return false;
  return holds_encoded_line_feed(record.request) && !holds_encoded_line_feed(record.upstream);
}

Head head_of(std::string_view line, std::string_view rest) {
  if (line.size() + 1 >= kRecordLimit) return Head::none;  // nginx cut it: it is over
  const std::size_t context = find_context(rest);
  if (context == npos) {
    const std::size_t quotes = count_quotes(rest);
    if (quotes % 2 != 0) return Head::open;
    if (quotes != 0) return Head::completed;
    return rest.starts_with("[lua]") || rest.starts_with("js: ") ? Head::script : Head::none;
  }
  const std::string_view fields = rest.substr(context);
  if (ends_in_decoded_path(rest, fields)) return Head::certain;
  return rest.substr(0, context).find('"') != npos ? Head::completed : Head::none;
}

/// Could a line be the end of a record that a line feed has cut?
enum class Tail { none, possible, certain };

Tail tail_of(const Unwrapped& line) {
  const std::string_view rest = line.rest();
  const std::size_t context = find_context(rest);
  if (context == npos) return Tail::none;
  const std::size_t contexts = count_contexts(rest);
  if (line.has_header() && contexts > 1) return Tail::certain;
  const std::size_t quotes = count_quotes(rest.substr(0, context));
  if (contexts == 0 || quotes == 0) return Tail::none;  // the tail closes a quote
  return quotes % 2 != 0 ? Tail::certain : Tail::possible;
}

/// Where the lines begin that could hold the beginning of a record around the judged line.
std::size_t first_before(const JudgedLine& judged) {
  const std::size_t at = judged.begin > kRecordLimit ? judged.begin - kRecordLimit : 0;
  if (judged.settled >= at) return judged.settled;
  return at == 0 ? 0 : std::min(end_of_line(judged.window, at) + 1, judged.begin);  // the first line may be cut
}

/// What the lines before the judged one say.
struct Before {
  bool any = false;        ///< there are some
  Head open = Head::none;  ///< open, script or certain: a record that nothing has closed yet
  std::size_t spent = 0;   ///< bytes of the open record, as nginx wrote them
};

/// Nearly every line is known from its quotes to leave nothing open.
bool is_whole(std::string_view line) { return is_closed_at_a_glance(line) && line.find("[lua]") == npos && line.find("js: ") == npos; }

Before look_before(const JudgedLine& judged) {
  const std::string_view window = judged.window;
  std::size_t at = first_before(judged);
  Before before;
  while (at < judged.begin) {
    before.any = true;
    const std::size_t end = end_of_line(window, at);
    const std::string_view whole = window.substr(at, end - at);
    at = end + 1;
    if (before.open == Head::none && is_whole(whole)) continue;
    const Unwrapped line(whole);
    const Head head = line.has_header() ? head_of(line.text(), line.rest()) : Head::completed;
    if (before.open != Head::none) {
      before.spent += line.text().size() + 1;
      const bool is_over = before.spent >= kRecordLimit || (before.open != Head::script && tail_of(line) == Tail::certain);
      if (!is_over) continue;
      before.open = Head::none;  // what ends one record may itself go on behind its end
    }
    if (head == Head::none || head == Head::completed) continue;
    before.open = head;
    before.spent = line.text().size() + 1;
  }
  return before;
}

/// Is there a line before that looks finished, but may have been finished by a stranger? Also where no line is there to be seen.
bool may_stand_inside(const JudgedLine& judged) {
  std::size_t at = first_before(judged);
  if (at >= judged.begin) return true;
  while (at < judged.begin) {
    const std::size_t end = end_of_line(judged.window, at);
    const Unwrapped line(judged.window.substr(at, end - at));
    if (!line.has_header() || head_of(line.text(), line.rest()) != Head::none) return true;
    at = end + 1;
  }
  return false;
}

/// Looks for the tail of the record that is open before the judged line.
Provenance find_tail(const JudgedLine& judged, std::size_t spent) {
  bool is_possible = false;
  for (std::size_t at = judged.begin; at < judged.window.size();) {
    const std::size_t end = end_of_line(judged.window, at);
    const Unwrapped line(judged.window.substr(at, end - at));
    spent += line.text().size() + 1;
    if (spent > kRecordLimit) return is_possible ? Provenance::doubtful : Provenance::genuine;
    const Tail tail = tail_of(line);
    // A message that was pasted is no tail of its own neighbour, and says itself that it is not trusted.
    if (tail == Tail::certain && (at != judged.begin || line.has_header())) return Provenance::forged;
    // nginx cut the record at its limit: then the tail is missing.
    is_possible = is_possible || tail != Tail::none || spent == kRecordLimit;
    at = end + 1;
  }
  return is_possible || judged.goes_on ? Provenance::doubtful : Provenance::genuine;
}

/// Does the end of a record follow that begins nowhere? Then it began before the judged line, which stands in its middle.
bool is_followed_by_tail(const JudgedLine& judged) {
  std::size_t at = judged.end + 1;
  for (int lines = 0; lines < 8 && at < judged.window.size() && at < judged.end + kRecordLimit; ++lines) {
    const std::size_t end = end_of_line(judged.window, at);
    const std::string_view whole = judged.window.substr(at, end - at);
    if (message_at_a_glance(whole) != npos) return false;
    const Unwrapped line(whole);
    if (line.has_header()) return false;
    if (tail_of(line) == Tail::certain) return true;
    at = end + 1;
  }
  return false;
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
bool is_quoted_by_request(const JudgedLine& judged) {
  static constexpr std::size_t kCompared = 60;
  const std::string_view window = judged.window;
  const std::string_view near = window.substr(judged.begin, std::min(window.size(), judged.end + kRecordLimit) - judged.begin);
  if (!holds_encoded_line_feed(near)) return false;
  const std::string_view line = window.substr(judged.begin, std::min(kCompared, judged.end - judged.begin));
  return percent_decoded(near).find(std::string("\n").append(line)) != npos;
}

}  // namespace

Provenance examine_provenance(const JudgedLine& judged) {
  const Before before = look_before(judged);
  if (!before.any && judged.settled != 0) return Provenance::genuine;
  if (before.open == Head::certain || is_quoted_by_request(judged)) return Provenance::forged;
  if (before.open == Head::script) return Provenance::doubtful;
  if (before.open == Head::open) {
    if (const Provenance found = find_tail(judged, before.spent); found != Provenance::genuine) return found;
  }
  if (is_followed_by_tail(judged) && may_stand_inside(judged)) return Provenance::doubtful;
  return judged.foreign_tail && before.any && may_stand_inside(judged) ? Provenance::doubtful : Provenance::genuine;
}

Ending ending_of(std::string_view line) {
  const Unwrapped unwrapped(line);
  if (!unwrapped.has_header()) return Ending::over;
  switch (head_of(unwrapped.text(), unwrapped.rest())) {
    case Head::none: return Ending::over;
    case Head::completed: return Ending::quoted;
    case Head::script:
    case Head::open:
    case Head::certain: break;
  }
  return Ending::open;
}

}  // namespace handshaked::parse
