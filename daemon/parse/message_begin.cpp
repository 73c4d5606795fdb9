#include "parse/message_begin.h"

#include <cstring>

#include "parse/characters.h"
#include "parse/shape.h"

namespace handshaked::parse {
namespace {

constexpr std::size_t kMaxHead = 256;  // of "HOST TAG: "; the parser takes a little more

/// Behind digits at `at`, at most 18 as the header's reader takes; `at` itself when there are none.
std::size_t skip_digits(std::string_view line, std::size_t at) {
  const std::size_t begin = at;
  while (at < line.size() && is_digit(line[at]) && at - begin < 18) ++at;
  return at;
}

/// The same as read_header() in log_header.h, but only for how long it is. npos when there is none,
/// or when `line` is cut in it.
std::size_t skip_header(std::string_view line, std::size_t at) {
  static constexpr Shape kDate("dddd/dd/");
  static constexpr Shape kClock("dd dd:dd");
  static constexpr Shape kSeconds(":dd [xxx");
  static constexpr std::string_view kLevels[] = {"error] ",  "warn] ",  "crit] ",  "info] ",
                                                 "notice] ", "alert] ", "emerg] ", "debug] "};
  if (line.size() < at + 40) return npos;
  const char* const begin = line.data() + at;
  if (!kDate.fits(begin) || !kClock.fits(begin + 8) || !kSeconds.fits(begin + 16)) return npos;
  at += 21;
  std::size_t behind = 0;
  for (const std::string_view level : kLevels) {
    if (std::memcmp(line.data() + at, level.data(), level.size()) != 0) continue;
    behind = at + level.size();
    break;
  }
  if (behind == 0) return npos;
  at = skip_digits(line, behind);
  if (at == behind || at >= line.size() || line[at] != '#') return npos;
  behind = at + 1;
  at = skip_digits(line, behind);
  if (at == behind || line.substr(at, 2) != ": ") return npos;
  at += 2;
  if (at >= line.size()) return npos;
  if (line[at] != '*') return at;
  behind = skip_digits(line, at + 1);
  if (behind >= line.size()) return npos;
  return behind > at + 1 && line[behind] == ' ' ? behind + 1 : at;
}

/// Behind the next space; npos when the line ends before.
std::size_t skip_word(std::string_view line, std::size_t at) {
  for (; at < line.size() && line[at] != '\n'; ++at) {
    if (line[at] == ' ') return at + 1;
  }
  return npos;
}

/// Behind "HOST TAG: " or "TAG: ".
std::size_t skip_host_and_tag(std::string_view line, std::size_t at) {
  int spaces = 0;
  for (const std::size_t begin = at; at + 1 < line.size() && at - begin < kMaxHead; ++at) {
    const char c = line[at];
    if (c == ':' && line[at + 1] == ' ') return at + 2;
    if (c == '"' || c == '\n' || (c == '[' && at == begin) || (c == ' ' && ++spaces > 1))
      return npos;
  }
  return npos;
}

/// "1 TIME HOST APP PROCID MSGID - "
std::size_t skip_rfc5424(std::string_view line, std::size_t at) {
  for (int words = 0; words < 6; ++words) {
    at = skip_word(line, at);
    if (at == npos) return npos;
  }
  if (line.substr(at, 2) != "- ") return npos;
  at += 2;
  return line.substr(at, 3) == "\xEF\xBB\xBF" ? at + 3 : at;
}

/// "2026-11-21T02:58:15.123456789Z stderr F ", and RFC 3164 with such a time: "TIME HOST TAG: "
std::size_t skip_rfc3339_wrapping(std::string_view line, std::size_t at) {
  at = skip_word(line, at);
  if (at == npos || line.size() < at + 9) return npos;
  const std::string_view stream = line.substr(at, 9);
  if (stream == "stderr F " || stream == "stdout F " || stream == "stderr P " ||
      stream == "stdout P ")
    return at + 9;
  if (stream.starts_with("stderr ") || stream.starts_with("stdout ")) return at + 7;
  if (is_digit(stream[0]) && stream[4] == '/') return at;
  return skip_host_and_tag(line, at);
}

std::size_t skip_priority(std::string_view line) {
  if (!line.starts_with('<')) return 0;
  const std::size_t close = skip_digits(line.substr(0, 5), 1);
  return close > 1 && close < 5 && line[close] == '>' ? close + 1 : npos;
}

}  // namespace

std::size_t find_wrapped_message(std::string_view line) {
  static constexpr Shape kDay("xxx dd d");  // of the month, or one digit behind a space
  static constexpr Shape kShortDay("xxx  d d");
  static constexpr Shape kClock("d:dd:dd ");
  static constexpr Shape kDate("dddd-dd-");
  static constexpr Shape kTime("ddTdd:dd");
  static constexpr Shape kSeconds(":ddxxxxx");
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (line.size() < 64) return npos;
  const std::size_t begin = skip_priority(line);
  if (begin == npos) return npos;
  const char* const at = line.data() + begin;
  std::size_t inner = npos;
  if (begin > 0 && at[0] == '1' && at[1] == ' ') {
    inner = skip_rfc5424(line, begin);
  } else if (is_letter(at[0])) {
    if (!is_letter(at[1]) || !is_letter(at[2]) || (!kDay.fits(at) && !kShortDay.fits(at)) ||
        !kClock.fits(at + 8))
      return npos;
    inner = skip_host_and_tag(line, begin + 16);
  } else if (kDate.fits(at) && kTime.fits(at + 8) && kSeconds.fits(at + 16)) {
    inner = skip_rfc3339_wrapping(line, begin);
  }
  return inner == npos ? npos : skip_header(line, inner);
}

JsonText find_json_text(std::string_view line) {
  constexpr std::size_t kYear = 4;
  line = line.substr(0, line.find('\n'));
  for (std::size_t slash = line.find('/'); slash != npos; slash = line.find('/', slash + 1)) {
    // "…":"2026/, but not what an object inside a string holds: there the quote is escaped.
    if (slash < kYear + 3 || line[slash - kYear - 1] != '"') continue;
    const std::size_t quote = slash - kYear - 1;
    if (line[quote - 1] != ':' && line[quote - 1] != ' ') continue;
    if (const std::size_t message = skip_header(line, quote + 1); message != npos)
      return {.quote = quote, .message = message};
  }
  return {.quote = 0, .message = npos};
}

}  // namespace handshaked::parse
