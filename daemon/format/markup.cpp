#include "format/markup.h"

#include <algorithm>

namespace handshaked::format {
namespace {

constexpr std::size_t kPatchLines = 60;
constexpr std::string_view kNoWidth = "\xE2\x80\x8B";  // U+200B

/// Adds pieces while there is room; remembers that something was left out.
class Page {
 public:
  Page(const Markup& markup, std::size_t limit, std::string_view more) : markup_(markup), more_(markup.escape(more) + markup.line_end) {
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

std::string bold(std::string_view text, const Markup& markup) { return markup.bold_begin + markup.escape(text) + markup.bold_end; }

/// Prose of several lines, each escaped.
std::string prose(std::string_view text, const Markup& markup) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (!out.empty()) out += markup.line_end;
    out += markup.escape(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

void add_code(Page& page, std::string_view text, const Markup& markup) {
  if (text.empty()) return;
  const std::string block = code_block(text, markup, page.room());
  if (block.empty()) page.note_cut();
  else page.add(block);
  const auto shown = std::count(block.begin(), block.end(), '\n');
  if (!block.empty() && shown < std::count(text.begin(), text.end(), '\n')) page.note_cut();
}

void add_fix(Page& page, const Message& message, const Markup& markup) {
  if (message.fix_label.empty()) return;
  page.add_line(bold(message.fix_label, markup) + ": " + markup.escape(message.fix_title));
  if (!message.fix_text.empty()) page.add_line(prose(message.fix_text, markup));
  add_code(page, message.patch, markup);
  add_code(page, message.commands, markup);
  if (message.words_label.empty()) return;
  page.add_line(bold(message.words_label, markup));
  page.add_line(prose(message.words, markup));
}

void add_list(Page& page, std::string_view label, const std::vector<std::string>& lines, const Markup& markup) {
  if (lines.empty() || !page.add_line(bold(label, markup))) return;
  for (const std::string& line : lines)
    if (!page.add_line("- " + markup.escape(line))) return;
}

void add_overview(Page& page, const Message& message, const Markup& markup) {
  if (!message.explanation.empty()) page.add_line(prose(message.explanation, markup));
  for (const MessageFact& fact : message.facts)
    page.add_line(bold(fact.label, markup) + ": " + (fact.is_code ? code_text(fact.value, markup) : markup.escape(fact.value)));
  add_list(page, message.items_label, message.items, markup);
}

void add_rest(Page& page, const Message& message, const Markup& markup) {
  add_list(page, message.dead_ends_label, message.dead_ends, markup);
  if (!message.link.empty()) page.add_line(markup.escape(message.link_label) + ": " + message.link);
  if (message.sample.empty()) return;
  page.add_line(bold(message.sample_label, markup));
  add_code(page, shortened(message.sample, 1000, markup.measure) + "\n", markup);
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
    else if (std::string_view("\\`*_{}[]()#+-!|~$").find(letter) != std::string_view::npos) out.append("\\").push_back(letter);
    else out.push_back(letter);
  }
  return out;
}

std::string escape_by_width(std::string_view text) {
  static constexpr std::pair<char, std::string_view> kWide[] = {{'<', "＜"}, {'>', "＞"}, {'[', "［"}, {']', "］"}, {'*', "＊"},
                                                                {'`', "｀"}, {'#', "＃"}, {'|', "｜"}, {'~', "～"}, {'_', "＿"}};
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    const auto* const wide = std::find_if(std::begin(kWide), std::end(kWide), [letter](const auto& pair) { return pair.first == letter; });
    if (wide != std::end(kWide)) out += wide->second;
    else if (letter == '@') out.append("@").append(kNoWidth);
    else if (letter == ':' && text.substr(at).starts_with("://")) out.append(":").append(kNoWidth);
    else out.push_back(letter);
  }
  return out;
}

std::string escape_angles(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '<') out += "＜";
    else if (letter == '>') out += "＞";
    else out.push_back(letter);
  }
  return out;
}

std::string code_text(std::string_view text, const Markup& markup) {
  if (!markup.has_inline_code) return markup.escape(text);
  std::string code;
  for (const char letter : text) code.push_back(letter == '`' ? '\'' : letter == '\n' ? ' ' : letter);
  if (code.find_first_not_of(' ') == std::string::npos) return {};
  return "`" + (markup.escape_code ? markup.escape_code(code) : code) + "`";
}

std::string code_block(std::string_view text, const Markup& markup, std::size_t room) {
  const std::string begin = markup.has_code_blocks ? "```\n" : "";
  const std::string end = markup.has_code_blocks ? "```\n" : markup.line_end;
  std::string code;
  for (const char letter : text) code.push_back(letter == '`' && markup.has_code_blocks ? '\'' : letter);
  if (markup.has_code_blocks && markup.escape_code) code = markup.escape_code(code);
  if (!markup.has_code_blocks) code = prose(code, markup);
  const std::size_t frame = length_of(begin, markup.measure) + length_of(end, markup.measure);
  if (room <= frame) return {};
  const FirstLines lines = first_lines(code, kPatchLines, room - frame, markup.measure);
  return lines.text.empty() ? std::string() : begin + lines.text + end;
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
