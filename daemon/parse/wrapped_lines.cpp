#include "parse/wrapped_lines.h"

#include <algorithm>
#include <string>

#include "ingest/log_line.h"
#include "parse/characters.h"
#include "parse/envelope.h"
#include "parse/header_remains.h"
#include "parse/nginx_error_parser.h"

namespace handshaked::parse {
namespace {

constexpr std::size_t kLongestWrapped =
    ingest::kNginxLineLimit + 256;  // marks in front of each piece count, too
constexpr int kMostLines = 12;

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r>|") == npos; }

bool begins_record(std::string_view line) {
  if (any_header_length(line, false) != 0 || line.starts_with("nginx: ")) return true;
  // A number and "]: " inside a message are no remains: they stand near the beginning of a line, if
  // at all.
  if (const std::size_t message = find_end_of_header_remains(line.substr(0, 120)); message != npos)
    return true;
  std::string scratch;
  return peel_envelope(line, scratch).found;
}

}  // namespace

LineSpan wrapped_span(std::string_view block, std::size_t begin, std::size_t end,
                      std::size_t floor) {
  LineSpan span{.begin = begin, .end = end};
  // Back to where a record begins; if none does, the line stands for itself.
  std::size_t at = begin;
  for (int lines = 0;
       !begins_record(block.substr(at, std::min(block.find('\n', at), block.size()) - at));
       ++lines) {
    if (at <= floor || lines == kMostLines) {
      at = begin;
      break;
    }
    const auto feed = at < 2 ? npos : block.rfind('\n', at - 2);
    const std::size_t line = std::max(feed == npos ? 0 : feed + 1, floor);
    if (end - line > kLongestWrapped || is_blank(block.substr(line, at - 1 - line))) {
      at = begin;
      break;
    }
    at = line;
  }
  span.begin = at;
  const auto end_of_line = [block](std::size_t from) {
    return std::min(block.find('\n', from), block.size());
  };
  // Some pages set an empty line between all lines. What begins with a date stands in a log.
  const bool may_be_doubled = any_header_length(block.substr(at, end_of_line(at) - at), false) == 0;
  for (int lines = 0; lines < kMostLines && span.end < block.size(); ++lines) {
    std::size_t next = span.end + 1;
    std::size_t next_end = end_of_line(next);
    if (may_be_doubled && next_end < block.size() &&
        is_blank(block.substr(next, next_end - next))) {
      next = next_end + 1;
      next_end = end_of_line(next);
    }
    const std::string_view line = block.substr(next, next_end - next);
    if (is_blank(line) || next_end - span.begin > kLongestWrapped || begins_record(line)) break;
    span.end = next_end;
  }
  return span;
}

}  // namespace handshaked::parse
