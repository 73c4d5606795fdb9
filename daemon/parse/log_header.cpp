#include "parse/log_header.h"

#include "parse/nginx_error_parser.h"

namespace handshaked::parse {
namespace {

constexpr std::size_t kTimestampLength = 19;  // "2026/11/21 02:58:15"

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Level names by their first two letters: they differ there.
Level read_level(std::string_view name) {
  for (const Level level : {Level::error, Level::info, Level::crit, Level::warn, Level::notice, Level::emerg, Level::alert, Level::debug}) {
    if (name == to_string(level)) return level;
  }
  return Level::none;
}

bool has_timestamp_shape(std::string_view line) {
  static constexpr std::string_view kShape = "dddd/dd/dd dd:dd:dd";
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == 'd' ? !is_digit(line[i]) : line[i] != kShape[i]) return false;
  }
  return true;
}

unsigned two_digits(std::string_view line, std::size_t at) {
  return static_cast<unsigned>(line[at] - '0') * 10U + static_cast<unsigned>(line[at + 1] - '0');
}

/// Reads decimal digits at `at`, moves `at` behind them. At most 18, which cannot overflow.
bool read_number(std::string_view line, std::size_t& at, std::uint64_t& number) {
  const std::size_t begin = at;
  number = 0;
  while (at < line.size() && is_digit(line[at]) && at - begin < 18) number = number * 10 + static_cast<unsigned>(line[at++] - '0');
  return at > begin;
}

}  // namespace

std::size_t read_header(std::string_view line, ErrorRecord& record) {
  // The shortest header: "2026/11/21 02:58:15 [info] 1#1: ".
  if (line.size() < kTimestampLength + 13 || !has_timestamp_shape(line)) return 0;
  std::size_t at = kTimestampLength;
  if (line[at] != ' ' || line[at + 1] != '[') return 0;
  at += 2;
  const std::size_t close = line.find(']', at);
  if (close == std::string_view::npos || close > at + 6) return 0;
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
  record.time = {.year = static_cast<std::uint16_t>(two_digits(line, 0) * 100 + two_digits(line, 2)),
                 .month = static_cast<std::uint8_t>(two_digits(line, 5)),
                 .day = static_cast<std::uint8_t>(two_digits(line, 8)),
                 .hour = static_cast<std::uint8_t>(two_digits(line, 11)),
                 .minute = static_cast<std::uint8_t>(two_digits(line, 14)),
                 .second = static_cast<std::uint8_t>(two_digits(line, 17))};
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

std::size_t header_length(std::string_view line) {
  ErrorRecord scratch;
  return read_header(line, scratch);
}

std::size_t read_stderr_header(std::string_view line, ErrorRecord& record) {
  static constexpr std::string_view kProgram = "nginx: [";
  if (!line.starts_with(kProgram)) return 0;
  const std::size_t close = line.find("] ", kProgram.size());
  if (close == std::string_view::npos || close > kProgram.size() + 6) return 0;
  const Level level = read_level(line.substr(kProgram.size(), close - kProgram.size()));
  if (level == Level::none) return 0;
  record.level = level;
  return close + 2;
}

}  // namespace handshaked::parse
