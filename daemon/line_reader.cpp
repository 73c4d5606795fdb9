#include "line_reader.h"

#include <algorithm>

#include "parse/action.h"
#include "parse/context.h"
#include "parse/header_remains.h"
#include "parse/openssl_reasons.h"
#include "parse/orphaned_queue.h"
#include "parse/pasted_text.h"

namespace handshaked {
using match::MessagePlace;
using match::Rule;
using match::RuleSet;

namespace {

constexpr auto npos = std::string_view::npos;

/// A message behind other words is believed to be one when its rule asks for so much text, or when
/// something else of nginx is there.
constexpr std::size_t kTellingSpecificity = 24;

/// 'SSL_CTX_use_certificate("/etc/a.pem") failed': nginx names the file in the call that failed.
bool names_file_of_call(std::string_view message) {
  const auto open = message.find("(\"");
  if (open == npos ||
      !(message.starts_with("SSL_") || message.starts_with("PEM_") || message.starts_with("BIO_")))
    return false;
  const auto close = message.find('"', open + 2);
  return close != npos && message.substr(close).starts_with("\") failed");
}

/// 'unknown directive "ssl_alpn"': a directive of nginx's in quotes.
bool names_directive(std::string_view message) {
  for (const std::string_view family :
       {"\"ssl_", "\"proxy_ssl_", "\"grpc_ssl_", "\"uwsgi_ssl_", "\"lua_ssl_"}) {
    if (message.find(family) != npos) return true;
  }
  return false;
}

/// Does anything but the message show that nginx wrote the line?
bool has_evidence(const parse::ErrorRecord& record) {
  return record.level != parse::Level::none || record.pid || record.connection ||
         !record.action.empty() || (parse::has(record.client) && parse::has(record.server)) ||
         parse::has(record.responder) || record.message.find("(SSL: error:") != npos ||
         names_file_of_call(record.message) || names_directive(record.message);
}

/// "SSL_do_handshake() failed" in a title: so nginx alone says it, although nothing shows that it
/// was nginx.
bool is_phrase_of_nginx(const parse::ErrorRecord& record, std::string_view line) {
  constexpr std::string_view kCall = "SSL_do_handshake() failed";
  return parse::says_only_failed(record) && record.message.starts_with(kCall) &&
         line.find(kCall) != npos;
}

/// "verify error: (%l:%s)": the text from which a program makes its lines.
bool is_format(const parse::ErrorRecord& record) {
  if (record.pid || record.connection) return false;
  for (const std::string_view conversion : {"%l", "%s", "%V", "%d", "%ui", "%*s"}) {
    if (record.message.find(conversion) != npos) return true;
  }
  return false;
}

/// 'log("SSL_write() failed")': what a program would print, in its source code.
bool is_argument_of_call(std::string_view text, std::size_t at) {
  if (at < 3 || text[at - 1] != '"' || text[at - 2] != '(') return false;
  const char before = text[at - 3];
  return (before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z') || before == '_';
}

/// Does a sentence around the message name the server? A path does not count: other programs read
/// nginx's files.
bool names_nginx(std::string_view line) {
  for (const std::string_view name :
       {"nginx", "Nginx", "NGINX", "openresty", "OpenResty", "Angie"}) {
    const auto at = line.find(name);
    if (at != npos && (at == 0 || line[at - 1] != '/')) return true;
  }
  return false;
}

/// A word may go on in front of a message only where it begins the line: "Output2026/…",
/// "error.log:SSL_…".
bool begins_a_word(std::string_view text, std::size_t at) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (at == 0 || !is_word(text[at - 1])) return true;
  return at <= 24 &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), is_word);
}

/// Nothing but marks and quotes stands in front: the message begins what somebody wrote.
bool is_first_word(std::string_view text, std::size_t at) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  return std::none_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), is_word);
}

/// Does the last line of `text` end in front of what it is about?
bool has_open_end(std::string_view text) {
  const auto end = text.find_last_not_of(" \t\r");
  text = text.substr(0, end == npos ? 0 : end + 1);
  return text.ends_with(':') || text.ends_with("cannot load certificate") ||
         text.ends_with("cannot load certificate key");
}

/// 'key "/etc/a.key": PEM_read_bio_PrivateKey() failed': a piece whose beginning stands in the line
/// before.
bool begins_within_sentence(std::string_view piece) {
  const auto first = piece.find_first_not_of(" \t>|");
  if (first == npos) return false;
  const std::string_view text = piece.substr(first);
  return text.starts_with("key \"") || text.starts_with("\"/") ||
         text.starts_with("certificate \"");
}

bool is_known(const Rule* rule) { return rule != nullptr && !rule->is_catch_all(); }

/// Pieces of a wrapped record, without the marks that quoting puts in front of each, joined by
/// `seam`.
void join_pieces(std::string_view lines, std::string_view seam, std::string& out) {
  out.clear();
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    std::string_view piece = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (piece.ends_with('\r')) piece.remove_suffix(1);
    if (!out.empty()) {
      const auto text = piece.find_first_not_of(" \t>|");
      piece.remove_prefix(std::min(text, piece.size()));
      if (piece.empty()) continue;
      if (!out.ends_with(' ')) out.append(seam);
    }
    out.append(piece);
  }
}

/// What a line lacks to be a whole record.
struct Lack {
  bool rule = false;     ///< no rule knows it
  bool context = false;  ///< nginx ends every line of a connection with one
  bool ending = false;   ///< of a line of the start nobody can say that it is whole
};

/// A client with the server behind it, so that the address is whole. A server without a name is
/// followed by a request.
bool has_whole_context(const parse::ErrorRecord& record) {
  const bool has_server =
      parse::has(record.server) && (!record.server.empty() || parse::has(record.request));
  return (parse::has(record.client) && has_server) || parse::has(record.responder);
}

Lack lack_of(const Rule* rule, const parse::ErrorRecord& record) {
  const bool has_context = has_whole_context(record);
  Lack lack;
  lack.rule = (rule == nullptr || rule->is_catch_all()) &&
              (record.form == parse::Form::bare || !has_context);
  lack.context =
      !has_context && (record.connection || (record.form == parse::Form::bare &&
                                             (record.action.empty() || !record.is_side_certain)));
  lack.ending = !has_context && record.action.empty();
  return lack;
}

/// "… while SSL handshaking", and the line behind it begins with "to upstream".
bool is_action_continued(const parse::ErrorRecord& record, std::string_view behind) {
  if (record.form != parse::Form::bare || record.action != "SSL handshaking" ||
      has_whole_context(record))
    return false;
  const auto first = behind.find_first_not_of("\n \t>|");
  return first != npos && (behind.substr(first).starts_with("to upstream") ||
                           behind.substr(first).starts_with("to fetch target"));
}

/// Does a record that was joined from several lines say more than one of them alone?
bool says_more(const RuleSet& rules, const Rule* joined, const parse::ErrorRecord& record,
               const Rule* alone, Lack lack) {
  if (joined == nullptr || joined->is_catch_all()) return false;
  if (lack.rule || (lack.ending && rules.is_before(*joined, *alone))) return true;
  return lack.context &&
         (has_whole_context(record) || (!record.action.empty() && record.is_side_certain));
}

}  // namespace

const Rule* LineReader::read_within(std::string_view block, parse::LineSpan& span,
                                    std::size_t floor) {
  const std::string_view line = block.substr(span.begin, span.end - span.begin);
  const Rule* const alone = read_single(line);
  Lack lack = lack_of(alone, *record_);
  lack.context = lack.context || is_action_continued(*record_, block.substr(span.end));
  if (!lack.rule && !lack.context && !lack.ending) return alone;
  parse::LineSpan whole = parse::wrapped_span(block, span.begin, span.end, floor);
  whole.end = end_before_next_message(block, {.begin = span.end, .end = whole.end});
  if (whole.begin == span.begin && whole.end == span.end) return read_remains(line);
  const Rule* const joined = read(block.substr(whole.begin, whole.end - whole.begin));
  if (!says_more(rules(), joined, *record_, alone, lack)) return read_remains(line);
  span = whole;
  return joined;
}

const Rule* LineReader::read_remains(std::string_view line) {
  const Rule* const rule = read(line);
  if (is_known(rule) || record_->form != parse::Form::bare) return rule;
  const std::string_view text = parser_.bare_text();
  const auto at = parse::find_orphaned_queue(text);
  if (at == npos || parse::is_in_strangers_quotes(text, at)) return rule;
  // The call is there, and it is none of a connection.
  if (const std::string_view before = text.substr(0, at);
      before.ends_with(") failed (") && before.find("SSL_do_handshake") == npos) {
    return rule;
  }
  // What failed is lost, what OpenSSL said is there.
  const std::string_view queue = text.substr(at);
  beginning_.assign(parse::lost_beginning(queue))
      .append(queue.starts_with("SSL: ") ? "(" : "(SSL: ")
      .append(queue);
  const Rule* const completed = read(beginning_);
  line_ = line;
  return is_known(completed) ? completed : read(line);
}

/// Where the pieces behind a line end: in front of a line that a rule knows by itself.
std::size_t LineReader::end_before_next_message(std::string_view block, parse::LineSpan pieces) {
  while (pieces.begin < pieces.end) {
    const std::size_t begin = pieces.begin + 1;
    const std::size_t end = std::min(block.find('\n', begin), pieces.end);
    const Rule* const rule = read_single(block.substr(begin, end - begin));
    // 'cannot load certificate key "/etc/a.key":' says in the next line what failed.
    const bool goes_on = has_open_end(block.substr(0, pieces.begin)) ||
                         begins_within_sentence(block.substr(begin, end - begin));
    if (rule != nullptr && !rule->is_catch_all() &&
        !(goes_on && record_->form == parse::Form::bare))
      return pieces.begin;
    pieces.begin = end;
  }
  return pieces.end;
}

const Rule* LineReader::read(std::string_view line) {
  return line.find('\n') == npos ? read_single(line) : read_wrapped(line);
}

const Rule* LineReader::read_single(std::string_view line) {
  line_ = line;
  record_ = &parser_.parse(line);
  const Rule* rule = matcher_.match(*record_);
  if (record_->form == parse::Form::bare && !is_known(rule)) rule = find_message(rule);
  if (!is_known(rule) || record_->form == parse::Form::bare) rule = read_altered(line, rule);
  else if (!record_->connection) rule = read_completed(line, rule);
  const bool is_doubtful =
      record_->form == parse::Form::bare && rule != nullptr && rule->is_catch_all();
  if (is_doubtful && !has_evidence(*record_) && !is_phrase_of_nginx(*record_, line_))
    rule = nullptr;
  // The last resort knows no side: what the text itself suggests stays.
  const bool is_guess_better =
      rule != nullptr && rule->is_catch_all() && record_->side != parse::Side::config;
  if (rule != nullptr && !record_->is_side_certain && !is_guess_better)
    parser_.settle_side(rule->side);
  return rule;
}

const Rule* LineReader::read_altered(std::string_view line, const Rule* rule) {
  const bool had_header = record_->form != parse::Form::bare;
  const auto read_as = [&](std::string_view text) {
    record_ = &parser_.parse_pasted(text);
    const Rule* altered = matcher_.match(*record_);
    // Behind a whole header the message begins where it ends, and nowhere in what a stranger may
    // have written.
    return had_header || is_known(altered) ? altered : find_message(altered);
  };
  const auto is_better = [&](const Rule* altered) {
    return is_known(altered) && (!is_known(rule) || rules().is_before(*altered, *rule));
  };
  // Typographic quotes, escapes, another header: the header is whole, the message is not what nginx
  // wrote.
  const bool is_same = !had_header || parser_.is_same_pasted(line);
  if (!is_same) {
    if (const Rule* const altered = read_as(line); is_better(altered)) return altered;
  }
  // In the line, or in what its envelopes hold.
  const bool is_requoted = parse::with_plain_quotes(line, altered_) ||
                           (!had_header && parse::with_plain_quotes(parser_.bare_text(), altered_));
  if (is_requoted) {
    const std::string requoted = altered_;
    const Rule* altered = read_as(requoted);
    if (is_better(altered) || (is_known(altered) && altered == rule)) {
      rule = altered;
      if (parse::with_openssl_reasons(requoted, altered_)) {
        if (const Rule* const completed = read_as(altered_); is_better(completed)) return completed;
      }
      altered_ = requoted;  // the record borrows from it
      return read_as(altered_);
    }
  }
  const bool is_respaced = parse::with_plain_spacing(line, altered_);
  const std::string respaced = is_respaced ? altered_ : std::string();
  const bool is_completed =
      !had_header && parse::with_openssl_reasons(is_respaced ? respaced : line, altered_);
  if (is_completed) {
    if (const Rule* const altered = read_as(altered_); is_better(altered)) return altered;
  }
  if (is_respaced) {
    altered_ = respaced;
    if (const Rule* const altered = read_as(altered_); is_better(altered)) return altered;
  }
  if (had_header) {
    if (const Rule* const completed = read_completed(line, rule); completed != rule)
      return completed;
  }
  if (is_same && !is_requoted && !is_respaced && !is_completed) return rule;
  record_ = &parser_.parse(line);
  const Rule* const again = matcher_.match(*record_);
  return had_header || is_known(again) ? again : find_message(again);
}

const Rule* LineReader::read_completed(std::string_view line, const Rule* rule) {
  if (!parse::with_openssl_reasons(line, altered_)) return rule;
  record_ = &parser_.parse(altered_);
  const Rule* const completed = matcher_.match(*record_);
  if (is_known(completed) && (!is_known(rule) || rules().is_before(*completed, *rule)))
    return completed;
  record_ = &parser_.parse(line);
  return matcher_.match(*record_);
}

const parse::TlsDetail& LineReader::tls_detail() {
  if (record_->form != parse::Form::bare) return matcher_.tls_detail(*record_);
  // What was matched last may have been another reading of the line.
  parse::read_tls_detail(*record_, tls_);
  return tls_;
}

/// No quote is open in front of the message, neither in the text nor in the line, where escaped
/// quotes do not close any.
bool LineReader::is_nobodys_text(std::string_view text, std::size_t at) const {
  constexpr std::size_t kTelling = 12;
  if (!parse::is_outside_quotes(text, at)) return false;
  const auto in_line = line_.find(text.substr(at, kTelling));
  return in_line == npos || parse::is_outside_quotes(line_, in_line);
}

const Rule* LineReader::find_message(const Rule* fallback) {
  const std::string_view text = parser_.bare_text();
  const std::size_t began_at = text.size() - record_->text.size() >= text.size()
                                   ? 0
                                   : static_cast<std::size_t>(record_->text.data() - text.data());
  const parse::Action action = parse::read_cut_action(text);
  const bool goes_on =
      parse::has(action.words) && parse::is_whole_action(action.words) && action.end < text.size();
  // A message ends with its action, whatever follows it.
  const Rule* found = goes_on ? find_message_in(text.substr(0, action.end)) : nullptr;
  if (found == nullptr) found = find_message_in(text);
  if (found != nullptr) return found;
  record_ = &parser_.read_message_at(began_at);
  return fallback;
}

const Rule* LineReader::find_message_in(std::string_view text) {
  rules().find_inside(text, places_);
  for (const MessagePlace& place : places_) {
    const Rule& rule = rules().rules()[place.rule];
    if (rule.is_catch_all() || rule.imported || !begins_a_word(text, place.at) ||
        !is_nobodys_text(text, place.at))
      continue;
    record_ = &parser_.read_message_at(place.at);
    if (!rules().constraints_hold(rule, *record_)) continue;
    const bool is_telling = rules().specificity(place.rule) >= kTellingSpecificity ||
                            (line_.data() != joined_.data() && names_nginx(line_));
    const bool has_proof = has_evidence(*record_);
    if (!is_first_word(text, place.at) && !is_telling && !has_proof &&
        !is_phrase_of_nginx(*record_, line_))
      continue;
    if ((!has_proof && is_argument_of_call(text, place.at)) || is_format(*record_)) continue;
    const Rule* const winner = matcher_.match(*record_);
    return is_known(winner) || parse::says_only_failed(*record_) ? winner : &rule;
  }
  return nullptr;
}

const Rule* LineReader::read_wrapped(std::string_view lines) {
  // Wrapped at a space, or in the middle of a word: the reading in which nginx's action stands is
  // right, else the better one.
  const Rule* best = nullptr;
  bool best_is_known = false;
  bool best_has_context = false;
  parse::Side best_side = parse::Side::config;
  std::string_view best_seam = " ";
  for (const std::string_view seam : {std::string_view(" "), std::string_view("")}) {
    join_pieces(lines, seam, joined_);
    const Rule* const rule = read_single(joined_);
    if (rule == nullptr) continue;
    const bool is_known = !record_->action.empty() && parse::is_known_action(record_->action);
    // An address that was cut in two has a space where the pieces were joined.
    const bool has_context = parse::has(record_->client) && record_->client.find(' ') == npos;
    const bool adds_context = rule == best && has_context && !best_has_context;
    // "SSL handshaking toupstream" is nobody's action but begins like one of the other side.
    const bool is_comparable =
        is_known == best_is_known && (!is_known || record_->side == best_side);
    const bool is_better = best == nullptr || (is_known && !best_is_known) ||
                           (is_comparable && (adds_context || rules().is_before(*rule, *best)));
    if (!is_better) continue;
    best = rule;
    best_is_known = is_known;
    best_has_context = has_context;
    best_side = record_->side;
    best_seam = seam;
  }
  join_pieces(lines, best_seam, joined_);
  return read_single(joined_);
}

}  // namespace handshaked
