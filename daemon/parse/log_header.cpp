#include "parse/log_header.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "parse/characters.h"
#include "parse/nginx_error_parser.h"
#include "parse/shape.h"

namespace handshaked::parse {
namespace {

constexpr std::size_t kTimestampLength = 19;              // "2026/11/21 02:58:15"
constexpr std::size_t kShortest = kTimestampLength + 13;  // with " [info] 1#1: "

/// A level's name with the "]" behind it, to be compared in one step.
struct LevelWord {
  Level level;
  std::uint64_t bytes = 0;
  std::uint64_t mask = 0;
  std::size_t size = 0;

  LevelWord(Level of, std::string_view text) : level(of), size(text.size()) {
    std::array<char, 8> filled{};
    std::fill_n(filled.begin(), text.size(), '\xFF');
    std::memcpy(&bytes, text.data(), text.size());
    std::memcpy(&mask, filled.data(), filled.size());
  }
};

/// The level whose name stands at `at`; `at` is moved behind its "]".
Level read_level(std::string_view line, std::size_t& at) {
  static const std::array<LevelWord, 8> kWords{
      LevelWord(Level::error, "error]"),   LevelWord(Level::info, "info]"),
      LevelWord(Level::warn, "warn]"),     LevelWord(Level::crit, "crit]"),
      LevelWord(Level::notice, "notice]"), LevelWord(Level::alert, "alert]"),
      LevelWord(Level::emerg, "emerg]"),   LevelWord(Level::debug, "debug]")};
  std::uint64_t word = 0;
  std::memcpy(&word, line.data() + at, std::min(line.size() - at, sizeof word));
  for (const LevelWord& known : kWords) {
    if ((word & known.mask) != known.bytes) continue;
    at += known.size;
    return known.level;
  }
  return Level::none;
}

/// "2026/11/21 02:58:15 [": at least 32 bytes stand in `line`.
bool begins_like_header(std::string_view line) {
  static constexpr Shape kDate("dddd/dd/");
  static constexpr Shape kClock("dd dd:dd");
  static constexpr Shape kSeconds(":dd [xxx");
  return kDate.fits(line.data()) && kClock.fits(line.data() + 8) && kSeconds.fits(line.data() + 16);
}

unsigned two_digits(std::string_view line, std::size_t at) {
  return static_cast<unsigned>(line[at] - '0') * 10U + static_cast<unsigned>(line[at + 1] - '0');
}

/// Reads decimal digits at `at`, moves `at` behind them. At most 18, which cannot overflow.
bool read_number(std::string_view line, std::size_t& at, std::uint64_t& number) {
  const char* const begin = line.data() + at;
  const char* const end = begin + std::min<std::size_t>(line.size() - at, 18);
  const char* digit = begin;
  std::uint64_t read = 0;
  for (; digit != end && is_digit(*digit); ++digit)
    read = read * 10 + static_cast<unsigned>(*digit - '0');
  number = read;
  at += static_cast<std::size_t>(digit - begin);
  return digit != begin;
}

struct Header {
  Level level = Level::none;
  std::uint64_t pid = 0, tid = 0;
  std::optional<std::uint64_t> connection;
  std::size_t length = 0;  ///< 0: there is none
};

Header find_header(std::string_view line) {
  if (line.size() < kShortest || !begins_like_header(line)) return {};
  Header header;
  std::size_t at = kTimestampLength + 2;
  header.level = read_level(line, at);
  if (header.level == Level::none) return {};
  if (at >= line.size() || line[at++] != ' ' || !read_number(line, at, header.pid)) return {};
  if (at >= line.size() || line[at++] != '#' || !read_number(line, at, header.tid)) return {};
  if (at + 2 > line.size() || line[at] != ':' || line[at + 1] != ' ') return {};
  at += 2;
  if (at < line.size() && line[at] == '*') {
    std::size_t behind = at + 1;
    std::uint64_t connection = 0;
    if (read_number(line, behind, connection) && behind < line.size() && line[behind] == ' ') {
      header.connection = connection;
      at = behind + 1;
    }
  }
  header.length = at;
  return header;
}

}  // namespace

std::size_t read_header(std::string_view line, ErrorRecord& record) {
  const Header header = find_header(line);
  if (header.length == 0) return 0;
  record.level = header.level;
  record.pid = header.pid;
  record.tid = header.tid;
  record.time = {
      .year = static_cast<std::uint16_t>(two_digits(line, 0) * 100 + two_digits(line, 2)),
      .month = static_cast<std::uint8_t>(two_digits(line, 5)),
      .day = static_cast<std::uint8_t>(two_digits(line, 8)),
      .hour = static_cast<std::uint8_t>(two_digits(line, 11)),
      .minute = static_cast<std::uint8_t>(two_digits(line, 14)),
      .second = static_cast<std::uint8_t>(two_digits(line, 17))};
  if (header.connection) record.connection = header.connection;
  return header.length;
}

std::size_t header_length(std::string_view line) { return find_header(line).length; }

std::size_t read_stderr_header(std::string_view line, ErrorRecord& record) {
  static constexpr std::string_view kProgram = "nginx: [";
  if (!line.starts_with(kProgram)) return 0;
  std::size_t at = kProgram.size();
  const Level level = read_level(line, at);
  if (level == Level::none || at >= line.size() || line[at] != ' ') return 0;
  record.level = level;
  return at + 1;
}

}  // namespace handshaked::parse
