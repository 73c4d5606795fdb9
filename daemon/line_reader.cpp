#include "line_reader.h"

#include <algorithm>

#include "parse/action.h"
#include "parse/header_remains.h"

namespace handshaked {
using match::MessagePlace;
using match::Rule;
using match::RuleSet;

namespace {

constexpr auto npos = std::string_view::npos;

/// A message behind other words is believed to be one when its rule asks for so much text, or when something else of nginx is there.
constexpr std::size_t kTellingSpecificity = 24;

/// Does anything but the message show that nginx wrote the line?
bool has_evidence(const parse::ErrorRecord& record) {
  return record.level != parse::Level::none || record.pid || record.connection || !record.action.empty() ||
         (parse::has(record.client) && parse::has(record.server)) || parse::has(record.responder) ||
         record.message.find("(SSL: error:") != npos;
}

/// A word may go on in front of a message only where it begins the line: "Output2026/…", "error.log:SSL_…".
bool begins_a_word(std::string_view text, std::size_t at) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  if (at == 0 || !is_word(text[at - 1])) return true;
  return at <= 24 && std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), is_word);
}

/// Pieces of a wrapped record, without the marks that quoting puts in front of each, joined by `seam`.
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

Lack lack_of(const Rule* rule, const parse::ErrorRecord& record) {
  const bool has_context = parse::has(record.client) || parse::has(record.responder);
  Lack lack;
  lack.rule = (rule == nullptr || rule->is_catch_all()) && (record.form == parse::Form::bare || !has_context);
  lack.context =
      !has_context && (record.connection || (record.form == parse::Form::bare && (record.action.empty() || !record.is_side_certain)));
  lack.ending = !has_context && record.action.empty();
  return lack;
}

/// Does a record that was joined from several lines say more than one of them alone?
bool says_more(const RuleSet& rules, const Rule* joined, const parse::ErrorRecord& record, const Rule* alone, Lack lack) {
  if (joined == nullptr || joined->is_catch_all()) return false;
  if (lack.rule || (lack.ending && rules.is_before(*joined, *alone))) return true;
  return lack.context && (parse::has(record.client) || (!record.action.empty() && record.is_side_certain));
}

}  // namespace

const Rule* LineReader::read_within(std::string_view block, parse::LineSpan& span, std::size_t floor) {
  const std::string_view line = block.substr(span.begin, span.end - span.begin);
  const Rule* const alone = read(line);
  const Lack lack = lack_of(alone, *record_);
  if (!lack.rule && !lack.context && !lack.ending) return alone;
  parse::LineSpan whole = parse::wrapped_span(block, span.begin, span.end, floor);
  if (!lack.rule) whole.end = end_before_next_message(block, {.begin = span.end, .end = whole.end});
  if (whole.begin == span.begin && whole.end == span.end) return read(line);
  const Rule* const joined = read(block.substr(whole.begin, whole.end - whole.begin));
  if (!says_more(rules(), joined, *record_, alone, lack)) return read(line);
  span = whole;
  return joined;
}

/// Where the pieces behind a line end: in front of a line that a rule knows by itself.
std::size_t LineReader::end_before_next_message(std::string_view block, parse::LineSpan pieces) {
  while (pieces.begin < pieces.end) {
    const std::size_t begin = pieces.begin + 1;
    const std::size_t end = std::min(block.find('\n', begin), pieces.end);
    const Rule* const rule = read_single(block.substr(begin, end - begin));
    if (rule != nullptr && !rule->is_catch_all()) return pieces.begin;
    pieces.begin = end;
  }
  return pieces.end;
}

const Rule* LineReader::read(std::string_view line) { return line.find('\n') == npos ? read_single(line) : read_wrapped(line); }

const Rule* LineReader::read_single(std::string_view line) {
  line_ = line;
  record_ = &parser_.parse(line);
  const Rule* rule = matcher_.match(*record_);
  if (record_->form != parse::Form::bare) {
    const bool is_found = rule != nullptr && !rule->is_catch_all();
    // Typographic quotes, escapes: the header is whole, the message is not what nginx wrote.
    if (!is_found && parser_.reparse_as_pasted(line)) {
      const Rule* const pasted = matcher_.match(*record_);
      if (pasted != nullptr && !pasted->is_catch_all()) rule = pasted;
      else matcher_.match(parser_.parse(line));
    }
    if (rule != nullptr && !record_->is_side_certain) parser_.settle_side(rule->side);
    return rule;
  }
  if (rule == nullptr || rule->is_catch_all()) rule = find_message(rule);
  if (rule != nullptr && rule->is_catch_all() && !has_evidence(*record_)) rule = nullptr;
  if (rule != nullptr && !record_->is_side_certain) parser_.settle_side(rule->side);
  return rule;
}

const parse::TlsDetail& LineReader::tls_detail() {
  if (record_->form != parse::Form::bare) return matcher_.tls_detail(*record_);
  // What was matched last may have been another reading of the line.
  parse::read_tls_detail(*record_, tls_);
  return tls_;
}

const Rule* LineReader::find_message(const Rule* fallback) {
  const std::string_view text = parser_.bare_text();
  const std::size_t began_at =
      text.size() - record_->text.size() >= text.size() ? 0 : static_cast<std::size_t>(record_->text.data() - text.data());
  rules().find_inside(text, places_);
  for (const MessagePlace& place : places_) {
    const Rule& rule = rules().rules()[place.rule];
    if (rule.is_catch_all() || rule.imported || !begins_a_word(text, place.at) || !parse::is_outside_quotes(text, place.at)) continue;
    record_ = &parser_.read_message_at(place.at);
    if (!rules().constraints_hold(rule, *record_)) continue;
    if (place.at != 0 && !has_evidence(*record_) && rules().specificity(place.rule) < kTellingSpecificity) continue;
    return &rule;
  }
  record_ = &parser_.read_message_at(began_at);
  return fallback;
}

const Rule* LineReader::read_wrapped(std::string_view lines) {
  // Wrapped at a space, or in the middle of a word: the reading in which nginx's action stands is right, else the better one.
  const Rule* best = nullptr;
  bool best_is_known = false;
  std::string_view best_seam = " ";
  for (const std::string_view seam : {std::string_view(" "), std::string_view("")}) {
    join_pieces(lines, seam, joined_);
    const Rule* const rule = read_single(joined_);
    if (rule == nullptr) continue;
    const bool is_known = !record_->action.empty() && parse::is_known_action(record_->action);
    const bool is_better =
        best == nullptr || (is_known && !best_is_known) || (is_known == best_is_known && rules().is_before(*rule, *best));
    if (!is_better) continue;
    best = rule;
    best_is_known = is_known;
    best_seam = seam;
  }
  join_pieces(lines, best_seam, joined_);
  return read_single(joined_);
}

}  // namespace handshaked
