#include "parse/pasted_text.h"

#include <algorithm>
#include <array>

#include "base/text/hex_digit.h"
#include "parse/characters.h"

namespace handshaked::parse {
namespace {

/// Nobody pastes more of one line, and undoing twice (escapes in escapes) should stay cheap.
constexpr std::size_t kLongestPaste = 16384;
constexpr std::size_t kLongestTag = 512;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_punctuation(char c) { return c > ' ' && c < '\x7F' && !is_letter(c) && !is_digit(c); }

struct Replacement {
  std::string_view written, meant;
};

constexpr std::array<Replacement, 10> kEntities{{{"&quot;", "\""},
                                                 {"&#34;", "\""},
                                                 {"&#x22;", "\""},
                                                 {"&apos;", "'"},
                                                 {"&#39;", "'"},
                                                 {"&#x27;", "'"},
                                                 {"&lt;", "<"},
                                                 {"&gt;", ">"},
                                                 {"&nbsp;", " "},
                                                 {"&amp;", "&"}}};

/// UTF-8 signs that stand for a plain one. An ellipsis stays what it means: something was left out.
constexpr std::array<Replacement, 27> kSigns{
    {{"\xE2\x80\x9C", "\""}, {"\xE2\x80\x9D", "\""},  {"\xE2\x80\x9E", "\""},
     {"\xE2\x80\x9F", "\""}, {"\xC2\xAB", "\""},      {"\xC2\xBB", "\""},
     {"\xE2\x80\xB3", "\""}, {"\xEF\xBC\x82", "\""},  {"\xE2\x80\x98", "'"},
     {"\xE2\x80\x99", "'"},  {"\xE2\x80\xA6", "..."}, {"\xC2\xA0", " "},
     {"\xE2\x80\xAF", " "},  {"\xE3\x80\x80", " "},   {"\xE2\x80\x8B", ""},
     {"\xE2\x80\x8E", ""},   {"\xEF\xBB\xBF", ""},    {"\xC2\xAD", ""},
     {"\xEF\xBC\x88", "("},  {"\xEF\xBC\x89", ")"},   {"\xEF\xBC\x9A", ":"},
     {"\xEF\xBC\x8C", ","},  {"\xE2\x80\xA2", "-"},   {"\xE2\x80\x93", "-"},
     {"\xE2\x80\x94", "-"},  {"\xE2\x86\xB5", " "},   {"\xE2\x86\x92", " "}}};

/// Box drawing and block elements: U+2500 to U+259F.
bool is_box_sign(std::string_view text) {
  return text.size() >= 3 && text[0] == '\xE2' &&
         (text[1] == '\x94' || text[1] == '\x95' || text[1] == '\x96') &&
         !(text[1] == '\x96' && static_cast<unsigned char>(text[2]) > 0x9F);
}

/// A colour or another control sequence of a terminal at the beginning of `text`: its length, else
/// 0. Escape itself is lost in some copies.
std::size_t control_sequence_length(std::string_view text) {
  std::size_t at = 0;
  if (text.starts_with("\x1B[")) at = 2;
  else if (text.starts_with("^[[") || text.starts_with("#033[")) at = text[0] == '^' ? 3 : 5;
  if (at == 0) return 0;
  while (at < text.size() && (is_digit(text[at]) || text[at] == ';' || text[at] == '?')) ++at;
  return at < text.size() && is_letter(text[at]) ? at + 1 : 0;
}

/// One pass over the text: each sign becomes what it stands for.
class Undoing {
 public:
  explicit Undoing(std::string_view text, std::string& out) : text_(text), out_(out) {}

  void run() {
    out_.clear();
    out_.reserve(text_.size());
    while (at_ < text_.size()) {
      if (!take_special()) put(text_[at_++]);
    }
  }

 private:
  void put(char c) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
    if (c == ' ' && (out_.empty() || out_.back() == ' ')) return;
    out_ += c;
  }
  void put(std::string_view text) {
    for (const char c : text) put(c);
  }

  bool take_special() {
    const std::string_view rest = text_.substr(at_);
    switch (rest[0]) {
      case '\x1B':
      case '^':
      case '#': return skip(control_sequence_length(rest));
      case '&': return replace(kEntities, rest);
      case '<': return take_tag(rest);
      case '\\': return take_escape(rest);
      case '`': return skip(1);
      case '*': return rest.starts_with("**") && skip(2);
      case '[': return take_forum_tag(rest);
      case ']': return take_link(rest);
      case '.':
        if (!rest.starts_with("...") || !out_.ends_with("(SSL: ")) return false;
        put(':');
        return skip(3);
      case '\xC2':
      case '\xE2':
      case '\xE3':
      case '\xEF':
        if (is_box_sign(rest)) {
          put(' ');
          return skip(3);
        }
        return replace(kSigns, rest);
      default: return false;
    }
  }

  bool skip(std::size_t length) {
    at_ += length;
    return length != 0;
  }

  template <std::size_t N>
  bool replace(const std::array<Replacement, N>& list, std::string_view rest) {
    for (const Replacement& one : list) {
      if (!rest.starts_with(one.written)) continue;
      // Where the reason of an error queue begins in what was left out, it begins behind a colon.
      const bool is_cut_error = one.meant == "..." && out_.ends_with("(SSL: ");
      put(is_cut_error ? std::string_view(":") : one.meant);
      return skip(one.written.size());
    }
    return false;
  }

  /// "<code>", "</p>", "<https://x>" (the address stays), "<https://x|x>" of Slack (what it shows
  /// stays).
  bool take_tag(std::string_view rest) {
    const auto close = rest.substr(0, kLongestTag).find('>');
    if (close == npos || close < 2) return false;
    const std::string_view inside = rest.substr(1, close - 1);
    if (inside.starts_with("http://") || inside.starts_with("https://")) {
      const auto bar = inside.find('|');
      put(bar == npos ? inside : inside.substr(bar + 1));
      return skip(close + 1);
    }
    if (!is_letter(inside[0]) && inside[0] != '/') return false;
    if (inside.find_first_of("<@") != npos) return false;
    if (inside.starts_with("br") || inside.starts_with("/p")) put(' ');
    return skip(close + 1);
  }

  /// "[COLOR=#000000]", "[/FONT]": what forums use for tags. "[error]" is none.
  bool take_forum_tag(std::string_view rest) {
    constexpr std::size_t kLongest = 48;
    static constexpr std::array<std::string_view, 10> kNames{
        "color", "font", "size", "code", "quote", "icode", "left", "url", "i", "b"};
    const auto close = rest.substr(0, kLongest).find(']');
    if (close == npos) return false;
    std::string_view name = rest.substr(1, close - 1);
    if (name.starts_with('/')) name.remove_prefix(1);
    name = name.substr(0, name.find('='));
    const auto is_same = [name](std::string_view tag) {
      return std::equal(tag.begin(), tag.end(), name.begin(), name.end(),
                        [](char a, char b) { return a == b || a == b + ('a' - 'A'); });
    };
    return std::any_of(kNames.begin(), kNames.end(), is_same) && skip(close + 1);
  }

  /// A backslash in front of punctuation is an escape of Markdown or JSON; "\u0022" is a quote,
  /// too. Else it stays (C:\nginx); so does
  /// "\x22", with which access logs keep what a client sent inside its quotes.
  bool take_escape(std::string_view rest) {
    if (rest.size() < 2) return skip(1);
    // The end of the line inside JSON; the object's other members follow.
    for (const std::string_view end : {"\\n\"", "\\r\\n\"", "\\n\\\"", "\\n'"}) {
      if (rest.starts_with(end)) return skip(rest.size());
    }
    if (rest.starts_with("\\u0022") || rest.starts_with("\\u0027")) {
      put(rest[5] == '2' ? '"' : '\'');
      return skip(6);
    }
    if (rest.starts_with("\\u003c") || rest.starts_with("\\u003e") || rest.starts_with("\\u0026")) {
      put(rest[5] == 'c' ? '<' : rest[5] == 'e' ? '>' : '&');
      return skip(6);
    }
    for (const std::string_view escape : {"\\u001b[", "\\x1b[", "\\e[", "\\033["}) {
      if (!rest.starts_with(escape)) continue;
      const auto end = rest.substr(0, 24).find('m');
      return skip(end == npos ? 0 : end + 1);
    }
    if (!is_punctuation(rest[1])) return false;
    put(rest[1]);
    return skip(2);
  }

  /// "[https://x](https://x)": what it shows stays.
  bool take_link(std::string_view rest) {
    if (!rest.starts_with("](")) return false;
    const auto close = rest.substr(0, kLongestTag).find(')');
    const auto open = out_.rfind('[');
    if (close == npos || open == npos || out_.size() - open > kLongestTag ||
        rest.substr(2, 4) != "http")
      return false;
    out_.erase(open, 1);
    return skip(close + 1);
  }

  std::string_view text_;
  std::string& out_;
  std::size_t at_ = 0;
};

/// Marks of lists, quotes and prompts in front, whatever closes behind.
std::string_view without_marks(std::string_view text) {
  for (bool again = true; again;) {
    again = false;
    while (!text.empty() && std::string_view(" >|+-").find(text.front()) != npos)
      text.remove_prefix(1), again = true;
    if (text.starts_with("# ") || text.starts_with("##")) text.remove_prefix(1), again = true;
    if (text.size() > 2 && text.front() == '_' && text.back() == '_')
      text = text.substr(1, text.size() - 2), again = true;
    if (!text.empty() && text.front() == '*' && (text.size() < 2 || !is_digit(text[1])))
      text.remove_prefix(1), again = true;
    for (const std::string_view end : {"\\r\\n", "\\n", "\\r", "\\"}) {
      if (text.ends_with(end)) text.remove_suffix(end.size()), again = true;
    }
    while (text.ends_with(' ') || text.ends_with('|')) text.remove_suffix(1), again = true;
  }
  return text;
}

}  // namespace

std::string_view without_colours(std::string_view line, std::string& scratch) {
  std::size_t at = line.find("\x1B[");
  if (at == npos) return line;
  scratch.assign(line.substr(0, at));
  while (at < line.size()) {
    if (const std::size_t length =
            line[at] == '\x1B' ? control_sequence_length(line.substr(at)) : 0;
        length != 0)
      at += length;
    else scratch += line[at++];
  }
  return scratch;
}

namespace {

/// Of a line that is one string of a program or a cell of a table, and nothing but marks stand
/// around it: what the string holds.
std::string_view inside_quotes(std::string_view line) {
  const auto is_mark = [](char c) {
    return c != '"' && c != '{' && !is_letter(c) && !is_digit(c) && c != '/' &&
           static_cast<unsigned char>(c) < 0x80;
  };
  const auto open = std::find_if_not(line.begin(), line.end(), is_mark);
  if (open == line.end() || *open != '"') return {};
  const auto begin = static_cast<std::size_t>(open - line.begin()) + 1;
  const auto close = line.rfind('"');
  constexpr std::size_t kLongestEnd = 4;  // "", ",1", ");"
  const bool is_last = close != npos && close > begin && line.size() - close <= kLongestEnd;
  return is_last ? line.substr(begin, close - begin) : std::string_view();
}

}  // namespace

bool with_plain_quotes(std::string_view line, std::string& out) {
  const bool is_doubled = line.find("\"\"") != npos;
  const bool is_single = line.find('"') == npos && line.find('\'') != npos;
  const std::string_view inside = inside_quotes(line);
  if (!is_doubled && !is_single && inside.empty()) return false;
  if (!inside.empty()) line = inside;
  out.clear();
  for (std::size_t at = 0; at < std::min(line.size(), kLongestPaste); ++at) {
    out += is_single && line[at] == '\'' ? '"' : line[at];
    if (is_doubled && line.substr(at, 2) == "\"\"") ++at;
  }
  return true;
}

namespace {

/// A function of OpenSSL's that is the last word of `text` and lacks its brackets: where it begins,
/// else npos.
std::size_t begin_of_function(std::string_view text) {
  if (!text.ends_with(' ')) return npos;
  text.remove_suffix(1);
  if (text.ends_with(" ...")) text.remove_suffix(4);  // the file is left out
  std::size_t begin = text.size();
  while (begin > 0 &&
         (is_letter(text[begin - 1]) || is_digit(text[begin - 1]) || text[begin - 1] == '_'))
    --begin;
  for (const std::string_view library : {"SSL_", "PEM_", "BIO_", "X509_", "OCSP_"}) {
    if (text.substr(begin).starts_with(library)) return begin;
  }
  return npos;
}

/// Does `text` end with a call, "SSL_do_handshake() " or 'SSL_CTX_use_certificate("…") '?
bool ends_with_call(std::string_view text) {
  if (!text.ends_with(") ")) return false;
  const auto open = text.rfind('(');
  return begin_of_function(std::string(text.substr(0, open)) + " ") != npos;
}

/// How the queue of OpenSSL's begins behind "failed": "(SSL: error:…" as nginx has it, "SSL:
/// error:…" or "(no cipher match)" as people write it. What goes in its place, and how much of the
/// rest that replaces; nothing where it is as it should be, or no queue.
struct QueueBegin {
  std::string_view meant;
  std::size_t length = 0;
};

QueueBegin read_queue_begin(std::string_view before, std::string_view rest) {
  std::size_t at = 0;
  while (at < rest.size() && at < 4 && std::string_view(" :,").find(rest[at]) != npos) ++at;
  const std::string_view begin = rest.substr(at);
  if (begin.starts_with("(SSL: error:"))
    return at == 1 ? QueueBegin{} : QueueBegin{.meant = " ", .length = at};
  if (begin.starts_with("SSL: error:")) return {.meant = " (", .length = at};
  const bool is_said = at != 0 && begin.size() > 2 && begin[0] == '(' && begin[1] >= 'a' &&
                       begin[1] <= 'z' && !begin.starts_with("(error:");
  return is_said && ends_with_call(before) ? QueueBegin{.meant = " (SSL: :", .length = at + 1}
                                           : QueueBegin{};
}

/// A title begins with a capital where nginx's message has none: where it stands, else npos.
std::size_t find_capital_of_title(std::string_view text) {
  const auto first = std::find_if(text.begin(), text.end(), is_letter);
  const auto at = static_cast<std::size_t>(first - text.begin());
  if (first == text.end() || *first < 'A' || *first > 'Z') return npos;
  for (const std::string_view word :
       {"No ", "Cannot ", "Upstream ", "Peer ", "Client ", "Certificate ", "Invalid ", "Could "}) {
    if (text.substr(at).starts_with(word)) return at;
  }
  return npos;
}

/// "failed", where a page was translated with the message in it.
constexpr std::string_view kFailedInChinese = "\xE5\xA4\xB1\xE8\xB4\xA5";

/// Does with_plain_spacing() have to go through `line` at all? Most lines are written as nginx
/// writes.
bool may_be_spaced_otherwise(std::string_view line) {
  constexpr std::string_view kQueue = "(SSL: ", kFailed = "failed";
  if (line.find(" ()") != npos || line.find("error: ") != npos || line.find("verify error") != npos)
    return true;
  for (auto at = line.find(kQueue); at != npos; at = line.find(kQueue, at + 1)) {
    if (!line.substr(at + kQueue.size()).starts_with("error:")) return true;
  }
  for (auto at = line.find(kFailed); at != npos; at = line.find(kFailed, at + 1)) {
    const std::string_view before = line.substr(0, at), rest = line.substr(at + kFailed.size());
    if (rest.starts_with('(') || begin_of_function(before) != npos) return true;
    if (read_queue_begin(before, rest).length != 0) return true;
  }
  return find_capital_of_title(line) != npos || line.find(kFailedInChinese) != npos;
}

}  // namespace

bool with_plain_spacing(std::string_view line, std::string& out) {
  constexpr std::string_view kError = "error", kVerify = "verify error", kFailed = "failed",
                             kQueue = "(SSL: ";
  const auto skip_spaces = [line](std::size_t at) {
    return std::min(line.find_first_not_of(' ', at), line.size());
  };
  const auto is_code_at = [line](std::size_t at) {
    const std::string_view code = line.substr(at, 9);
    return code.size() == 9 && code[8] == ':' &&
           std::all_of(code.begin(), code.end() - 1, is_hex_digit);
  };
  line = line.substr(0, kLongestPaste);
  if (!may_be_spaced_otherwise(line)) return false;
  out.clear();
  bool is_changed = false;
  bool is_spaced_queue = false;  // "error: 140A90A1: SSL routines: …"
  const std::size_t capital = find_capital_of_title(line);
  for (std::size_t at = 0; at < line.size();) {
    const char c = line[at];
    if (c == ' ' && (line.substr(at, 3) == " ()" || (is_spaced_queue && out.ends_with(':')))) {
      ++at;
      is_changed = true;
      continue;
    }
    if (at == capital) {
      out += static_cast<char>(c + ('a' - 'A'));
      ++at;
      is_changed = true;
      continue;
    }
    out += c;
    ++at;
    // "(SSL: certificate verify failed)": the reason alone stands behind a colon in the queue.
    if (c == ' ' && out.ends_with(kQueue) && at < line.size() && line[at] >= 'a' &&
        line[at] <= 'z' && line.substr(at, 6) != "error:")
      out += ':', is_changed = true;
    if (c == ')') is_spaced_queue = false;
    if (c == kFailedInChinese.back() && out.ends_with(kFailedInChinese)) {
      out.replace(out.size() - kFailedInChinese.size(), kFailedInChinese.size(), kFailed);
      is_changed = true;
    }
    if (out.back() == 'd' && out.ends_with(kFailed)) {
      if (at < line.size() && line[at] == '(') out += ' ', is_changed = true;
      const std::string_view before = std::string_view(out).substr(0, out.size() - kFailed.size());
      if (const QueueBegin queue = read_queue_begin(before, line.substr(at)); queue.length != 0) {
        out.append(queue.meant);
        at += queue.length;
        is_changed = true;
        continue;
      }
      const std::size_t word =
          begin_of_function(std::string_view(out).substr(0, out.size() - kFailed.size()));
      if (word != npos) {
        const std::size_t end = out.find(' ', word);
        out.replace(end, out.size() - kFailed.size() - end, "() ");
        is_changed = true;
      }
    }
    if (c == 'r' && out.ends_with(kVerify)) {
      const std::size_t bracket = skip_spaces(at < line.size() && line[at] == ':' ? at + 1 : at);
      std::size_t code =
          bracket < line.size() && line[bracket] == '(' ? skip_spaces(bracket + 1) : npos;
      if (code == npos || code >= line.size() || !is_digit(line[code])) continue;
      const std::size_t begin = code;
      while (code < line.size() && is_digit(line[code])) ++code;
      if (code >= line.size() || line[code] != ':') continue;
      const std::size_t text = skip_spaces(code + 1);
      is_changed = is_changed || line.substr(at, 3) != ": (" || begin != at + 3 || text != code + 1;
      out.append(": (").append(line.substr(begin, code + 1 - begin));
      at = text;
    } else if (c == ':' && out.ends_with("error:") && out.size() > kError.size() &&
               at < line.size() && line[at] == ' ' && is_code_at(skip_spaces(at))) {
      is_spaced_queue = is_changed = true;
    }
  }
  return is_changed;
}

bool holds_anything_to_undo(std::string_view text) {
  static constexpr std::string_view kBeginnings = "\x1B^#&<\\`*\t\n\r\xC2\xE2\xE3\xEF";
  static constexpr std::array<bool, 256> kIsBeginning = [] {
    std::array<bool, 256> are{};
    for (const char c : kBeginnings) are[static_cast<unsigned char>(c)] = true;
    return are;
  }();
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return kIsBeginning[static_cast<unsigned char>(c)]; }) ||
         text.find("](") != npos || text.find("  ") != npos || text.find("[/") != npos;
}

std::string_view pasted_text(std::string_view line, std::string& scratch) {
  line = line.substr(0, kLongestPaste);
  if (!holds_anything_to_undo(line)) return without_marks(line);
  Undoing(without_marks(line), scratch).run();
  // Escapes in escapes: JSON inside JSON, "&amp;quot;".
  for (int more = 0; more < 2 && (scratch.find("\\\"") != npos || scratch.find("&quot;") != npos);
       ++more) {
    const std::string once = scratch;
    Undoing(once, scratch).run();
  }
  return without_marks(scratch);
}

}  // namespace handshaked::parse
