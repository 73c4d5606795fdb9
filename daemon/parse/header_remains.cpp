#include "parse/header_remains.h"

#include <algorithm>
#include <array>
#include <string>

#include "parse/characters.h"
#include "parse/written_time.h"

namespace handshaked::parse {
namespace {

Level read_level(std::string_view name) {
  for (const Level level : {Level::error, Level::info, Level::crit, Level::warn, Level::notice,
                            Level::emerg, Level::alert, Level::debug}) {
    if (name == to_string(level)) return level;
  }
  return Level::none;
}

/// Reads decimal digits at `at`, moves `at` behind them. At most 18, which cannot overflow.
bool read_number(std::string_view line, std::size_t& at, std::uint64_t& number) {
  const std::size_t begin = at;
  number = 0;
  while (at < line.size() && is_digit(line[at]) && at - begin < 18)
    number = number * 10 + static_cast<unsigned>(line[at++] - '0');
  return at > begin;
}

/// "[error] 9#9: *1 " at `at`, behind the time. Returns where it ends, or 0.
std::size_t read_behind_time(std::string_view line, std::size_t at, ErrorRecord& record) {
  if (at >= line.size() || line[at] != '[') return 0;
  ++at;
  const std::size_t close = line.find(']', at);
  if (close == npos || close > at + 6) return 0;
  const Level level = read_level(line.substr(at, close - at));
  if (level == Level::none) return 0;
  at = close + 1;
  std::uint64_t pid = 0;
  std::uint64_t tid = 0;
  if (at >= line.size() || line[at++] != ' ' || !read_number(line, at, pid)) return 0;
  if (at >= line.size() || line[at++] != '#' || !read_number(line, at, tid)) return 0;
  if (line.substr(at, 2) != ": ") return 0;
  at += 2;

  record.level = level;
  record.pid = pid;
  record.tid = tid;
  if (at < line.size() && line[at] == '*') {
    std::size_t behind = at + 1;
    std::uint64_t connection = 0;
    if (read_number(line, behind, connection) && behind < line.size() && line[behind] == ' ') {
      record.connection = connection;
      at = behind + 1;
    }
  }
  return at;
}

/// Header remains are looked for in this much of a text.
constexpr std::size_t kRemains = 320;

/// A digit, or what people write over it: "xxxx#xxxx: *xx".
bool is_id_digit(char c) { return is_digit(c) || c == 'x' || c == 'X'; }

/// "9#9: " whose '#' stands at `sharp`. Sets where it begins and ends.
bool find_ids_around(std::string_view text, std::size_t sharp, std::size_t& begin,
                     std::size_t& end) {
  begin = sharp;
  while (begin > 0 && is_id_digit(text[begin - 1])) --begin;
  end = sharp + 1;
  while (end < text.size() && is_id_digit(text[end])) ++end;
  if (begin == sharp || end == sharp + 1 || sharp - begin > 18 || end - sharp > 18 ||
      end >= text.size() || text[end] != ':')
    return false;
  ++end;
  return true;
}

std::size_t skip_connection(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] == ' ') ++at;
  const bool has_star = at < text.size() && text[at] == '*';
  const std::size_t begin = has_star ? at + 1 : at;
  std::size_t behind = begin;
  // Markdown takes the star for emphasis: the number alone stays.
  while (behind < text.size() && behind - begin < 18 &&
         (has_star ? is_id_digit(text[behind]) : is_digit(text[behind])))
    ++behind;
  return behind > begin && behind < text.size() && text[behind] == ' ' ? behind + 1 : at;
}

}  // namespace

namespace {

/// Words of a sentence that quotes a line: `I get the error "…`, `NAS throws 502s / "…`. A user
/// agent or a request in another program's log stands behind numbers and brackets, and has quotes
/// before it.
bool is_sentence(std::string_view words) {
  const auto is_letter_of_word = [](char c) {
    return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
  };
  if (words.size() > kRemains ||
      (!words.starts_with("A ") && std::none_of(words.begin(), words.end(), is_letter_of_word)))
    return false;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    if (word == "/") continue;
    if (word.find_first_of("[]{}<>\"=/\\") != npos) return false;
    if (word.find_first_of("0123456789") != npos &&
        (!is_letter_of_word(word.back()) || word.find('.') != npos))
      return false;
  }
  return true;
}

/// What a client has sent: the member of that name in another program's log is never a message of
/// nginx's.
bool names_clients_text(std::string_view before_value) {
  constexpr std::size_t kLongestName = 32;
  before_value =
      before_value.substr(before_value.size() - std::min(before_value.size(), kLongestName));
  std::string name(
      before_value.substr(std::min(before_value.find_last_of(" ,{(") + 1, before_value.size())));
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  static constexpr std::array<std::string_view, 9> kParts{
      "request", "uri", "url", "path", "agent", "refer", "query", "args", "cookie"};
  return std::any_of(kParts.begin(), kParts.end(),
                     [&name](std::string_view part) { return name.find(part) != npos; });
}

/// Does only the sign of a comment stand in front of a quote: `/// "…`?
bool is_comment_sign(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  static constexpr std::array<std::string_view, 5> kSigns{"//", "///", "//!", "/*", "/**"};
  return std::find(kSigns.begin(), kSigns.end(), text) != kSigns.end();
}

/// Does a value begin with the quote at `quote`: msg="…", "log":"…", log(f"…", @"…", r#"…"#? A path
/// or a user agent in an access log stands behind a word, or behind a space. Sets where what it
/// belongs to ends.
bool opens_a_value(std::string_view text, std::size_t quote, std::size_t& before) {
  before = quote;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
  };
  const auto is_prefix = [](char c) { return std::string_view("@$rfbuLR").find(c) != npos; };
  std::size_t prefix = before;
  while (prefix > 0 && text[prefix - 1] == '#') --prefix;  // r#"…"#
  for (int letters = 0; letters < 2 && prefix > 0 && is_prefix(text[prefix - 1]); ++letters)
    --prefix;
  if (prefix == 0 || !is_word(text[prefix - 1])) before = prefix;
  while (before > 0 && text[before - 1] == ' ') --before;
  return before == 0 || std::string_view("=:([{,>").find(text[before - 1]) != npos ||
         is_comment_sign(text.substr(0, before));
}

/// What syslog puts in front of nginx's own text: "Nov 21 02:58:15 web1 nginx[6]: ".
std::string_view behind_program(std::string_view text) {
  constexpr std::string_view kProgram = "nginx";
  constexpr std::size_t kLongestPrefix = 64;
  const auto at = text.substr(0, kLongestPrefix).find(kProgram);
  if (at == npos || text.substr(0, at).find_first_of("\"/=?") != npos) return text;
  std::size_t end = at + kProgram.size();
  if (end < text.size() && text[end] == '[')
    end = std::min(text.find(']', end), text.size() - 1) + 1;
  return text.substr(end, 2) == ": " ? text.substr(end + 2) : text;
}

/// Does only what may stand in front of a message stand here: parts of a header, marks?
bool is_header_like(std::string_view text) {
  text = behind_program(text);
  bool bracketed = false;
  for (const char c : text) {
    if (c == '[' || c == ']') bracketed = c == '[';
    else if (!bracketed && !is_digit(c) && std::string_view(" /:#*-.,+TZ").find(c) == npos)
      return false;
  }
  return true;
}

}  // namespace

bool is_outside_quotes(std::string_view text, std::size_t at) {
  std::size_t open = npos;
  for (std::size_t quote = text.find('"'); quote < at; quote = text.find('"', quote + 1)) {
    if (quote == 0 || text[quote - 1] != '\\') open = open == npos ? quote : npos;
  }
  if (open == npos) return true;
  std::size_t before = 0;
  if (opens_a_value(text, open, before) ? names_clients_text(text.substr(0, before))
                                        : !is_sentence(text.substr(0, open)))
    return false;
  return is_header_like(text.substr(open + 1, at - open - 1));
}

bool is_in_strangers_quotes(std::string_view text, std::size_t at) {
  const std::size_t quote = text.substr(0, at).rfind('"');
  if (quote == npos || quote + 1 >= text.size()) return false;
  const char next = text[quote + 1];
  if (std::string_view(" :,).]").find(next) != npos) return false;  // it closes
  std::size_t before = 0;
  if (opens_a_value(text, quote, before)) return names_clients_text(text.substr(0, before));
  return next == '/' || !is_sentence(text.substr(0, quote));
}

std::size_t read_dated_header(std::string_view line, ErrorRecord& record) {
  if (line.empty() || (!is_digit(line[0]) && line[0] != '[' && (line[0] < 'A' || line[0] > 'Z')))
    return 0;
  const WrittenTime time = read_written_time(line.substr(0, kRemains));
  if (time.length == 0 || time.local.year == 0) return 0;
  const std::size_t level = line.find_first_not_of(' ', time.length);
  const std::size_t end = level == npos ? 0 : read_behind_time(line, level, record);
  if (end == 0) return 0;
  record.time = time.local;
  if (!time.zoned.empty() && record.envelope_time.empty()) record.envelope_time = time.zoned;
  return end;
}

std::size_t read_timeless_header(std::string_view line, ErrorRecord& record) {
  return read_behind_time(line, 0, record);
}

std::size_t find_end_of_header_remains(std::string_view text) {
  const std::string_view head = text.substr(0, kRemains);
  for (std::size_t sharp = head.find('#'); sharp != npos; sharp = head.find('#', sharp + 1)) {
    std::size_t begin = 0;
    std::size_t end = 0;
    if (find_ids_around(head, sharp, begin, end))
      return is_outside_quotes(head, begin) ? skip_connection(text, end) : npos;
  }
  for (std::size_t star = head.find('*'); star != npos; star = head.find('*', star + 1)) {
    const std::size_t end = skip_connection(head, star);
    if (end == star || (star > 0 && head[star - 1] != ' ' &&
                        std::string_view("[(\"|>:]").find(head[star - 1]) == npos))
      continue;
    return is_outside_quotes(head, star) ? end : npos;
  }
  for (std::size_t open = head.find('['); open != npos; open = head.find('[', open + 1)) {
    const std::size_t close = head.find(']', open);
    if (close == npos || read_level(head.substr(open + 1, close - open - 1)) == Level::none)
      continue;
    const std::size_t end = head.find_first_not_of(' ', close + 1);
    return end != npos && is_outside_quotes(head, open) ? end : npos;
  }
  return npos;
}

void read_header_remains(std::string_view prefix, ErrorRecord& record) {
  if (prefix.size() > kRemains) prefix.remove_prefix(prefix.size() - kRemains);
  std::size_t end = prefix.size();
  while (end > 0 && prefix[end - 1] == ' ') --end;
  std::size_t digits = end;
  while (digits > 0 && is_digit(prefix[digits - 1])) --digits;
  std::uint64_t number = 0;
  std::size_t at = digits;
  if (digits < end && digits > 0 &&
      (prefix[digits - 1] == '*' || prefix.substr(0, digits).ends_with(": ")) &&
      read_number(prefix, at, number))
    record.connection = number;
  for (std::size_t sharp = prefix.find('#'); sharp != npos && !record.pid;
       sharp = prefix.find('#', sharp + 1)) {
    std::size_t begin = 0;
    std::size_t behind = 0;
    if (!find_ids_around(prefix, sharp, begin, behind) || !read_number(prefix, begin, number))
      continue;
    record.pid = number;
    at = sharp + 1;
    if (read_number(prefix, at, number)) record.tid = number;
  }
  for (std::size_t open = prefix.find('['); open != npos; open = prefix.find('[', open + 1)) {
    const std::size_t close = prefix.find(']', open);
    const Level level =
        close == npos ? Level::none : read_level(prefix.substr(open + 1, close - open - 1));
    if (level != Level::none) record.level = level;
  }
  for (at = 0; at < prefix.size(); ++at) {
    const char c = prefix[at];
    if (at > 0 && is_digit(prefix[at - 1])) continue;
    if (!is_digit(c) && c != '[' && (c < 'A' || c > 'Z')) continue;
    const WrittenTime time = read_written_time(prefix.substr(at));
    if (time.length == 0) continue;
    if (time.local.year != 0) record.time = time.local;
    if (!time.zoned.empty() && record.envelope_time.empty()) record.envelope_time = time.zoned;
    return;
  }
}

}  // namespace handshaked::parse
