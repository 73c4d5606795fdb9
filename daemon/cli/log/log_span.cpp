#include "cli/log/log_span.h"

namespace handshaked::cli {
namespace {

/// Lines without a header (a stranger's line feeds, a program's output) stand in between; more than
/// so many are not passed.
constexpr std::size_t kTriesPerEnd = 40;

std::string_view first_line(std::string_view bytes) { return bytes.substr(0, bytes.find('\n')); }

std::string_view last_line(std::string_view bytes) {
  const auto feed = bytes.rfind('\n');
  return feed == std::string_view::npos ? bytes : bytes.substr(feed + 1);
}

}  // namespace

std::optional<parse::ZonedTime> LogSpan::time_of(std::string_view line) {
  const parse::ErrorRecord& record = parser_.parse(line);
  has_header_ = has_header_ || record.level != parse::Level::none;
  if (record.level == parse::Level::none) return std::nullopt;
  if (!record.envelope_time.empty()) {
    if (const auto time = parse::parse_rfc3339(record.envelope_time)) return time;
  }
  return record.time.year == 0 ? std::nullopt : zone_.resolve(record.time);
}

void LogSpan::observe(const ingest::LineBlock& block) {
  std::string_view rest = block.bytes;
  for (std::size_t i = 0; i < kTriesPerEnd && !first_ && !rest.empty(); ++i) {
    const std::string_view line = first_line(rest);
    ++lines_tried_;
    first_ = time_of(line);
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  rest = block.bytes;
  if (rest.ends_with('\n')) rest.remove_suffix(1);
  for (std::size_t i = 0; i < kTriesPerEnd && !rest.empty(); ++i) {
    const std::string_view line = last_line(rest);
    if (const auto time = time_of(line)) {
      last_ = time;
      return;
    }
    rest.remove_suffix(std::min(rest.size(), line.size() + 1));
  }
}

}  // namespace handshaked::cli
