#include "parse/provenance.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/text/percent_decoded.h"
#include "ingest/log_line.h"
#include "parse/characters.h"
#include "parse/context.h"
#include "parse/envelope.h"
#include "parse/nginx_error_parser.h"
#include "parse/pasted_text.h"
#include "parse/record_batch.h"

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
    if (header_ == 0) {
      text_ = without_colours(text_, colourless_);
      header_ = any_header_length(text_, false);
    }
    for (std::size_t i = 0; header_ == 0 && i < kMaxEnvelopes; ++i) {
      // What only begins like an object is a piece of somebody's text.
      if (text_.starts_with('{') && text_.find_last_not_of(" \t\r,") != text_.rfind('}')) return;
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
  std::string colourless_;
  std::string_view text_;
  std::size_t header_;
};

std::size_t count_quotes(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '"'));
}

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
  script,   ///< a program's own words, not quoted, without a context: what it prints may hold line
            ///< feeds
  open,     ///< a quote is open
  certain,  ///< and the request says that the text behind it holds a line feed
};

/// The path of the request that a context holds, as the client encoded it. What stands behind '?'
/// is never decoded.
std::string_view path_of_request(std::string_view rest) {
  constexpr std::string_view kRequest = ", request: \"";
  const auto at = rest.find(kRequest);
  if (at == npos) return {};
  const std::string_view request = rest.substr(at + kRequest.size());
  const auto path = std::min(request.find(' '), request.size());
  const std::string_view target = request.substr(path, request.find(' ', path + 1) - path);
  return target.substr(0, target.find('?'));
}

std::size_t count_encoded_line_feeds(std::string_view text) {
  std::size_t count = 0;
  for (auto at = text.find("%0"); at != npos; at = text.find("%0", at + 1))
    count += at + 2 < text.size() && (text[at + 2] | 0x20) == 'a';
  return count;
}

std::string request_decoded(std::string_view text);

/// nginx decodes the path behind `upstream:`. Where the line ends as the decoded path does in front
/// of its first line feed, it goes on in as many lines as the path holds line feeds, whatever a
/// stranger wrote there to make it look finished. 0: it ends with the line.
std::size_t lines_of_path(std::string_view fields) {
  const std::string_view path = path_of_request(fields);
  const std::size_t line_feeds = count_encoded_line_feeds(path);
  if (line_feeds == 0 || fields.find(", upstream: \"") == npos) return 0;
  const std::string decoded = request_decoded(path);
  const std::string_view piece = std::string_view(decoded).substr(0, decoded.find('\n'));
  constexpr std::size_t kCompared =
      64;  // of what was put in front of the path, or merged, nothing is known
  std::string_view ending = piece.substr(std::min(piece.rfind('/'), piece.size()));
  if (ending.size() > kCompared) ending.remove_prefix(ending.size() - kCompared);
  return fields.ends_with(ending) ? line_feeds : 0;
}

constexpr std::string_view kStderr = " sent in stderr: ";
constexpr std::string_view kBehindStderr = " while reading";

/// What nginx prints behind the quote that a message has opened, as far as it is always the same: a
/// record that begins "open() "/x" ends in "" failed (2: …". Empty: anything.
std::string_view closing_of(std::string_view message) {
  const std::string_view opening = message.substr(0, message.find('"'));
  if (opening.ends_with("() ") && opening.find(' ') == opening.size() - 1) return " failed";
  if (opening.ends_with(kStderr)) return kBehindStderr;
  return opening == "directory index of " ? " is forbidden" : std::string_view();
}

/// Does a message quote what a program printed? Nothing in it is encoded, and nginx always writes a
/// context behind it.
bool quotes_program(std::string_view message) {
  const auto opening = message.find(kStderr);
  return opening != npos && opening < message.find('"');
}

Head head_of(std::string_view line, std::string_view rest) {
  if (line.size() + 1 >= kRecordLimit) return Head::none;  // nginx cut it: it is over
  const std::size_t context = find_context(rest);
  if (context == npos) {
    const std::size_t quotes = count_quotes(rest);
    if (quotes % 2 != 0) return Head::open;
    if (quotes != 0) return quotes_program(rest) ? Head::open : Head::completed;
    return rest.starts_with("[lua]") || rest.starts_with("js: ") ? Head::script : Head::none;
  }
  const std::string_view fields = rest.substr(context);
  if (lines_of_path(fields) != 0) return Head::certain;
  const std::string_view message = rest.substr(0, context);
  if (quotes_program(message) &&
      !message.substr(message.rfind('"') + 1).starts_with(closing_of(message)))
    return Head::open;
  return message.find('"') != npos ? Head::completed : Head::none;
}

bool has_context_behind_open_quote(std::string_view rest) {
  std::size_t quotes = 0;
  std::size_t counted = 0;
  for (auto at = rest.find(", client: "); at != npos; at = rest.find(", client: ", at + 1)) {
    quotes += count_quotes(rest.substr(counted, at - counted));
    counted = at;
    if (quotes % 2 != 0) return true;
  }
  return false;
}

/// Does a request in the line hold so many encoded line feeds? A stranger may have written one in
/// front of nginx's.
bool holds_line_feeds(std::string_view rest, std::size_t wanted) {
  for (auto at = rest.find(", request: \""); at != npos; at = rest.find(", request: \"", at + 1)) {
    if (count_encoded_line_feeds(path_of_request(rest.substr(at))) >= wanted) return true;
  }
  return false;
}

/// Could a line be the end of a record that a line feed has cut?
enum class Tail { none, possible, certain };

/// `lines` after the beginning of the record: the request in its tail holds as many encoded line
/// feeds, where a path is what was cut. `closing` stands behind its quote.
Tail tail_of(const Unwrapped& line, std::size_t lines, std::string_view closing) {
  const std::string_view rest = line.rest();
  const std::size_t context = find_context(rest);
  if (context == npos) return Tail::none;
  const std::size_t contexts = count_contexts(rest);
  if (contexts == 0) return Tail::none;
  if (line.has_header() && contexts > 1) return Tail::certain;
  const std::size_t quotes = count_quotes(rest.substr(0, context));
  const bool closes = quotes != 0 && rest.substr(rest.rfind('"', context) + 1).starts_with(closing);
  if (quotes % 2 != 0) return closes ? Tail::certain : Tail::possible;
  if (line.has_header()) return closes ? Tail::possible : Tail::none;
  // A stranger may have written the first context, and quotes of his own.
  if (lines != 0 && holds_line_feeds(rest, lines)) return Tail::certain;
  if (contexts > 1 && has_context_behind_open_quote(rest)) return Tail::certain;
  return quotes != 0 || contexts > 1 ? Tail::possible : Tail::none;
}

/// Where the lines begin that could hold the beginning of a record around the judged line.
std::size_t first_before(const JudgedLine& judged) {
  const std::size_t at = judged.begin > kRecordLimit ? judged.begin - kRecordLimit : 0;
  if (judged.settled >= at) return judged.settled;
  return at == 0 ? 0
                 : std::min(end_of_line(judged.window, at) + 1,
                            judged.begin);  // the first line may be cut
}

/// What the lines before the judged one say.
struct Before {
  bool any = false;        ///< there are some
  Head open = Head::none;  ///< open, script or certain: a record that nothing has closed yet
  std::size_t spent = 0;   ///< bytes of the open record, as nginx wrote them
  /// Of a decoded path: so many lines belong to it still.
  std::size_t lines_left = 0;
  std::size_t lines = 0;     ///< since the open record began
  bool may_be_over = false;  ///< something that may have been its tail stands before
  std::string_view closing;  ///< closing_of() the open record
};

/// May a line hold a program's own words, which nothing encodes? Behind nginx's header, its message
/// says so at once; else they may stand anywhere.
bool may_be_program(std::string_view line) {
  constexpr std::size_t kBehindTime = 24;
  const bool begins_with_date = line.size() > kBehindTime && line[4] == '/' && line[20] == '[';
  const std::size_t colon = begins_with_date ? line.find(": ", kBehindTime) : npos;
  if (colon == npos || !is_digit(line[colon - 1])) {
    return line.find("[lua]") != npos || line.find("js: ") != npos || line.find(kStderr) != npos;
  }
  std::string_view message = line.substr(colon + 2);
  if (message.starts_with('*'))
    message.remove_prefix(std::min(message.find(' '), message.size() - 1) + 1);
  if (message.starts_with("FastCGI")) {  // a common line, mostly a finished one
    message = message.substr(0, message.find(", client: "));
    return !message.substr(message.rfind('"') + 1).starts_with(kBehindStderr);
  }
  return message.starts_with("[lua]") || message.starts_with("js: ");
}

/// Nearly every line is known from its quotes to leave nothing open.
bool is_whole(std::string_view line) {
  return is_closed_at_a_glance(line) && !may_be_program(line);
}

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
      ++before.lines;
      const Tail tail =
          before.open == Head::open ? tail_of(line, before.lines, before.closing) : Tail::none;
      before.may_be_over = before.may_be_over || tail == Tail::possible;
      const bool is_last_line = before.open == Head::certain && --before.lines_left == 0;
      if (is_last_line || before.spent >= kRecordLimit) {
        before.open = Head::none;
        continue;
      }
      if (tail != Tail::certain &&
          (tail != Tail::possible || !holds_line_feeds(line.rest(), before.lines)))
        continue;
      before.open = Head::none;  // what ends one record may itself go on behind its end
    }
    if (head == Head::none || head == Head::completed) continue;
    before.open = head;
    before.spent = line.text().size() + 1;
    before.lines = 0;
    before.may_be_over = false;
    before.closing = closing_of(line.rest());
    if (head == Head::certain)
      before.lines_left = lines_of_path(line.rest().substr(find_context(line.rest())));
  }
  return before;
}

/// Is there a line before that looks finished, but may have been finished by a stranger? Also where
/// no line is there to be seen.
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
Provenance find_tail(const JudgedLine& judged, const Before& before) {
  std::size_t spent = before.spent;
  std::size_t lines = before.lines;
  bool is_possible = false;
  for (std::size_t at = judged.begin; at < judged.window.size();) {
    const std::size_t end = end_of_line(judged.window, at);
    const Unwrapped line(judged.window.substr(at, end - at));
    spent += line.text().size() + 1;
    if (spent > kRecordLimit) return is_possible ? Provenance::doubtful : Provenance::genuine;
    const Tail tail = tail_of(line, ++lines, before.closing);
    // A message that was pasted is no tail of its own neighbour, and says itself that it is not
    // trusted.
    if (tail == Tail::certain && (at != judged.begin || line.has_header()))
      return Provenance::forged;
    // nginx cut the record at its limit: then the tail is missing.
    is_possible = is_possible || tail != Tail::none || spent == kRecordLimit;
    at = end + 1;
  }
  return is_possible || judged.goes_on ? Provenance::doubtful : Provenance::genuine;
}

/// Does the decoded path, which is open before the judged line, end in it or behind it?
bool is_path_closed(const JudgedLine& judged, std::size_t lines_left) {
  const std::string_view line = judged.window.substr(judged.begin, judged.end - judged.begin);
  if (lines_left == 1) return count_quotes(Unwrapped(line).text()) % 2 != 0;
  std::size_t at = judged.end + 1;
  for (; lines_left > 1 && at < judged.window.size() && at < judged.end + kRecordLimit;
       --lines_left) {
    const std::size_t end = end_of_line(judged.window, at);
    const Unwrapped piece(judged.window.substr(at, end - at));
    if (!piece.has_header() && piece.text().ends_with('"')) return true;
    at = end + 1;
  }
  return false;
}

/// Does the end of a record follow that begins nowhere? Then it began before the judged line, which
/// stands in its middle.
bool is_followed_by_tail(const JudgedLine& judged) {
  std::size_t at = judged.end + 1;
  for (int lines = 0; lines < 8 && at < judged.window.size() && at < judged.end + kRecordLimit;
       ++lines) {
    const std::size_t end = end_of_line(judged.window, at);
    const std::string_view whole = judged.window.substr(at, end - at);
    if (message_at_a_glance(whole) != npos) return false;
    at = end + 1;
    // A list of records holds quotes and contexts, and is nobody's tail: nginx ends with a quote.
    if ((whole.ends_with(']') || whole.ends_with('}')) && may_be_batch(whole)) continue;
    const Unwrapped line(whole);
    if (line.has_header()) return false;
    if (tail_of(line, 0, {}) == Tail::certain) return true;
  }
  return false;
}

/// Only line feeds that were encoded become line feeds: those between records tell nothing.
std::string request_decoded(std::string_view text) {
  std::string record(text);
  std::replace(record.begin(), record.end(), '\n', '\0');
  return percent_decoded(record);
}

/// Does a request printed in the same record, decoded, contain the beginning of this line?
bool is_quoted_by_request(const JudgedLine& judged) {
  static constexpr std::size_t kCompared = 60;
  const std::string_view window = judged.window;
  const std::string_view near = window.substr(
      judged.begin, std::min(window.size(), judged.end + kRecordLimit) - judged.begin);
  if (!holds_encoded_line_feed(near)) return false;
  const std::string_view line =
      window.substr(judged.begin, std::min(kCompared, judged.end - judged.begin));
  return request_decoded(near).find(std::string("\n").append(line)) != npos;
}

}  // namespace

Provenance examine_provenance(const JudgedLine& judged) {
  const Before before = look_before(judged);
  if (!before.any && judged.settled != 0) return Provenance::genuine;
  if (is_quoted_by_request(judged)) return Provenance::forged;
  // Where the path has no end, the record may have been cut: then the line is somebody else's.
  if (before.open == Head::certain)
    return is_path_closed(judged, before.lines_left) ? Provenance::forged : Provenance::doubtful;
  if (before.open == Head::script) return Provenance::doubtful;
  if (before.open == Head::open) {
    const Provenance found = find_tail(judged, before);
    if (found == Provenance::forged && before.may_be_over) return Provenance::doubtful;
    if (found != Provenance::genuine) return found;
  }
  if (is_followed_by_tail(judged) && may_stand_inside(judged)) return Provenance::doubtful;
  return judged.foreign_tail && before.any && may_stand_inside(judged) ? Provenance::doubtful
                                                                       : Provenance::genuine;
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
