#include "format/markup.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/text/code_spans.h"

namespace handshaked::format {
namespace {

constexpr std::string_view kNoWidth = "\xE2\x80\x8B";  // U+200B

/// Adds pieces while there is room; remembers that something was left out.
class Page {
 public:
  Page(const Markup& markup, std::size_t limit, std::string_view more)
      : markup_(markup), more_(markup.escape(more) + markup.line_end) {
    const std::size_t kept = length_of(more_, markup.measure);
    room_ = limit > kept ? limit - kept : 0;
  }

  std::size_t room() const { return room_; }
  bool add(std::string_view piece) {
    const std::size_t length = length_of(piece, markup_.measure);
    if (length > room_) {
      is_cut_ = true;
      return false;
    }
    text_ += piece;
    room_ -= length;
    return true;
  }
  bool add_line(std::string_view line) { return add(std::string(line) + markup_.line_end); }
  void note_cut() { is_cut_ = true; }
  std::string finish() && {
    if (is_cut_) text_ += more_;
    while (text_.ends_with('\n')) text_.pop_back();
    return std::move(text_);
  }

 private:
  const Markup& markup_;
  std::string more_;
  std::string text_;
  std::size_t room_ = 0;
  bool is_cut_ = false;
};

std::string bold(std::string_view text, const Markup& markup) {
  return markup.bold_begin + markup.escape(text) + markup.bold_end;
}

bool is_shown_in_code(std::string_view text, const Markup& markup) {
  return text.find_first_of("`\n") == std::string_view::npos &&
         text.find_first_of(markup.not_in_code) == std::string_view::npos &&
         text.find_first_not_of(' ') != std::string_view::npos;
}

/// One line, made of prose and of code that stands apart from its neighbours as the service wants
/// it.
class Line {
 public:
  explicit Line(const Markup& markup) : markup_(markup) {}

  void prose(std::string_view text) {
    if (text.empty()) return;
    if (is_behind_code_ && markup_.code_needs_room && !is_room(text.front())) text_ += ' ';
    text_ += markup_.escape(text);
    last_ = text.back();
    is_behind_code_ = false;
  }
  void code(std::string_view text) {
    if (is_behind_code_ || (markup_.code_needs_room && last_ && !is_room(*last_))) text_ += ' ';
    text_ += code_text(text, markup_);
    is_behind_code_ = true;
  }
  std::string finish() && { return std::move(text_); }

 private:
  static bool is_room(char c) {
    const bool is_letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return !is_letter && c > 0 && c < '\x7f';
  }

  const Markup& markup_;
  std::string text_;
  std::optional<char> last_;     ///< of the prose that stands last
  bool is_behind_code_ = false;  ///< two pieces of code side by side would be one
};

void add_prose(Line& line, std::string_view text, const Markup& markup);

/// Advice in one line. A command in it stands in code as a whole, or not at all: half of one, or
/// one with other signs, is of no use.
std::string advice_line(Page& page, std::string_view text, const Markup& markup) {
  if (!markup.has_inline_code)
    return markup.escape(text);  // between its backticks it can be told from the prose
  Line line(markup);
  each_code_span(text, [&](std::string_view part, bool is_code) {
    if (!is_code) {
      add_prose(line, part, markup);
    } else if (is_shown_in_code(part, markup)) {
      line.code(part);
    } else {
      page.note_cut();
      line.prose("[…]");
    }
  });
  return std::move(line).finish();
}

/// Advice of several lines.
std::string advice(Page& page, std::string_view text, const Markup& markup) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (!out.empty()) out += markup.line_end;
    out += advice_line(page, text.substr(0, end), markup);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

/// The sign that closes what `c` opens, and 0 for one that opens nothing.
char partner_of(char c) {
  constexpr std::string_view kOpening = "([{<\"'", kClosing = ")]}>\"'";
  const auto at = kOpening.find(c);
  return at == std::string_view::npos ? '\0' : kClosing[at];
}

/// What of a word somebody would copy: without the punctuation behind it, and without brackets and
/// quotes that are not its own: those around all of it, and those whose partner stands in another
/// word. "(api_v2)," is api_v2; "[2001:db8::1]:8443" and "f(x)" are themselves.
std::string_view core_of(std::string_view word) {
  constexpr std::string_view kPunctuation = ".,;:!?";
  constexpr std::size_t kLongestWord =
      256;  // a longer one is as it is: looking for partners has to stay linear
  if (word.size() > kLongestWord) return word;
  while (!word.empty()) {
    const char first = word.front(), last = word.back();
    const std::string_view behind_first = word.substr(1),
                           before_last = word.substr(0, word.size() - 1);
    const char opening = last == ')'                   ? '('
                         : last == ']'                 ? '['
                         : last == '}'                 ? '{'
                         : last == '>'                 ? '<'
                         : last == '"' || last == '\'' ? last
                                                       : '\0';
    const bool is_lone_end = opening != '\0' && before_last.find(opening) == std::string_view::npos;
    const bool is_around = word.size() > 1 && partner_of(first) == last && first != '<' &&
                           first != '{' &&
                           behind_first.find(partner_of(first)) == behind_first.size() - 1;
    if (is_around) word = word.substr(1, word.size() - 2);
    else if (partner_of(first) != '\0' &&
             behind_first.find(partner_of(first)) == std::string_view::npos)
      word = behind_first;
    else if (is_lone_end || kPunctuation.find(last) != std::string_view::npos) word = before_last;
    else break;
  }
  return word;
}

/// Whether a word would look otherwise as prose, or is one that people copy: a directive, a path,
/// an address. "lines/min", "TLS/SSL" and a lone sign are prose.
bool is_code_word(std::string_view word) {
  constexpr std::string_view kTelling = "_@*$|~#<>{}[]\\";
  if (word.size() < 2) return false;
  if (word.find_first_of(kTelling) != std::string_view::npos) return true;
  const auto slash = word.find('/');
  if (slash == std::string_view::npos) return false;
  return slash == 0 || word.find_first_of("/.:", slash + 1) != std::string_view::npos ||
         word.substr(0, slash).find_first_of(".:=-") != std::string_view::npos;
}

/// One word of printable ASCII: in code if it is one, its brackets and its punctuation outside.
void add_word(Line& line, std::string_view word, const Markup& markup) {
  const std::string_view core = core_of(word);
  if (!is_code_word(core) || !is_shown_in_code(core, markup)) return line.prose(word);
  const auto begin = static_cast<std::size_t>(core.data() - word.data());
  line.prose(word.substr(0, begin));
  line.code(core);
  line.prose(word.substr(begin + core.size()));
}

void add_prose(Line& line, std::string_view text, const Markup& markup) {
  const auto is_printable_ascii = [](char c) { return c > ' ' && c < '\x7f'; };
  for (std::size_t at = 0; at < text.size();) {
    const bool is_word = is_printable_ascii(text[at]);
    std::size_t end = at;
    while (end < text.size() && is_printable_ascii(text[end]) == is_word) ++end;
    const std::string_view part = text.substr(at, end - at);
    if (is_word) add_word(line, part, markup);
    else line.prose(part);
    at = end;
  }
}

void add_code(Page& page, std::string_view text, const Markup& markup) {
  if (text.empty()) return;
  const std::string block = code_block(text, markup, page.room());
  if (block.empty()) page.note_cut();
  else page.add(block);
}

/// Commands, where there are no blocks: a line each.
void add_commands(Page& page, std::string_view text, const Markup& markup) {
  if (markup.has_code_blocks || !markup.has_inline_code) return add_code(page, text, markup);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (is_shown_in_code(line, markup)) page.add_line(code_text(line, markup));
    else if (!line.empty()) page.note_cut();
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void add_list(Page& page, std::string_view label, const std::vector<std::string>& lines,
              const Markup& markup) {
  if (lines.empty() || !page.add_line(bold(label, markup))) return;
  for (const std::string& line : lines)
    if (!page.add_line("- " + advice_line(page, line, markup))) return;
}

/// No more than a phone shows.
void add_overview(Page& page, const Message& message, const Markup& markup) {
  if (!message.explanation.empty()) page.add_line(advice(page, message.explanation, markup));
  if (!message.impact.empty()) page.add_line(prose_line(message.impact, markup));
  if (!message.fix_label.empty())
    page.add_line(bold(message.fix_label, markup) + ": " +
                  advice_line(page, message.fix_title, markup));
  if (!message.command.empty()) page.add_line(code_text(message.command, markup));
  if (!message.page.empty()) page.add_line(markup.escape(message.page_label) + ": " + message.page);
  add_list(page, message.items_label, message.items, markup);
}

void add_fix(Page& page, const Message& message, const Markup& markup) {
  if (!message.fix_text.empty()) page.add_line(advice(page, message.fix_text, markup));
  add_code(page, message.patch, markup);
  add_commands(page, message.commands, markup);
  if (message.words_label.empty()) return;
  page.add_line(bold(message.words_label, markup));
  page.add_line(advice(page, message.words, markup));
}

void add_rest(Page& page, const Message& message, const Markup& markup) {
  for (const MessageFact& fact : message.facts)
    page.add_line(bold(fact.label, markup) + ": " +
                  (fact.is_code ? code_text(fact.value, markup) : prose_line(fact.value, markup)));
  add_list(page, message.dead_ends_label, message.dead_ends, markup);
  if (!message.link.empty()) page.add_line(markup.escape(message.link_label) + ": " + message.link);
  if (message.sample.empty()) return;
  page.add_line(bold(message.sample_label, markup));
  const std::string sample = shortened(message.sample, 1000, markup.measure);
  if (const std::string block = code_block(sample + "\n", markup, page.room()); !block.empty())
    page.add(block);
  else page.add_line(prose_line(sample, markup));
}

}  // namespace

std::string escape_markdown(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    if (letter == '&') out += "&amp;";
    else if (letter == '<') out += "&lt;";
    else if (letter == '>') out += "&gt;";
    else if (letter == '@') out.append("@").append(kNoWidth);
    else if (letter == ':' && text.substr(at).starts_with("://")) out.append(":").append(kNoWidth);
    else if (std::string_view("\\`*_{}[]()#+-!|~$").find(letter) != std::string_view::npos)
      out.append("\\").push_back(letter);
    else out.push_back(letter);
  }
  return out;
}

std::string escape_by_width(std::string_view text) {
  static constexpr std::pair<char, std::string_view> kWide[] = {
      {'<', "＜"}, {'>', "＞"}, {'[', "［"}, {']', "］"}, {'*', "＊"},
      {'`', "｀"}, {'#', "＃"}, {'|', "｜"}, {'~', "～"}, {'_', "＿"}};
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    const auto* const wide =
        std::find_if(std::begin(kWide), std::end(kWide),
                     [letter](const auto& pair) { return pair.first == letter; });
    if (wide != std::end(kWide)) out += wide->second;
    else if (letter == '@') out.append("@").append(kNoWidth);
    else if (letter == ':' && text.substr(at).starts_with("://")) out.append(":").append(kNoWidth);
    else out.push_back(letter);
  }
  return out;
}

std::string prose_line(std::string_view text, const Markup& markup) {
  if (!markup.has_inline_code) return markup.escape(text);
  Line line(markup);
  add_prose(line, text, markup);
  return std::move(line).finish();
}

std::string code_text(std::string_view text, const Markup& markup) {
  if (!markup.has_inline_code || !is_shown_in_code(text, markup)) return markup.escape(text);
  return "`" + (markup.escape_code ? markup.escape_code(text) : std::string(text)) + "`";
}

std::string code_block(std::string_view text, const Markup& markup, std::size_t room) {
  if (!markup.has_code_blocks && markup.has_inline_code) return {};
  const bool is_framed = markup.has_code_blocks;
  if (is_framed && (text.find("```") != std::string_view::npos ||
                    text.find_first_of(markup.not_in_code) != std::string_view::npos))
    return {};
  const std::string code =
      is_framed && markup.escape_code ? markup.escape_code(text) : std::string(text);
  std::string block = (is_framed ? "```\n" : "") + code + (code.ends_with('\n') ? "" : "\n") +
                      (is_framed ? "```\n" : "");
  return length_of(block, markup.measure) <= room ? block : std::string();
}

std::string render_markup(const Message& message, const Markup& markup, std::size_t limit) {
  Page page(markup, limit, message.more);
  add_overview(page, message, markup);
  add_fix(page, message, markup);
  add_rest(page, message, markup);
  return std::move(page).finish();
}

RenderedParts render_parts(const Message& message, const Markup& markup, std::size_t limit) {
  Page overview(markup, limit, message.more);
  Page fix(markup, limit, message.more);
  Page rest(markup, limit, message.more);
  add_overview(overview, message, markup);
  add_fix(fix, message, markup);
  add_rest(rest, message, markup);
  return {std::move(overview).finish(), std::move(fix).finish(), std::move(rest).finish()};
}

}  // namespace handshaked::format
