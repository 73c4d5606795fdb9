#pragma once

#include <optional>

#include "ingest/log_line.h"
#include "parse/nginx_error_parser.h"
#include "parse/time_zone.h"

namespace handshaked::cli {

/// From when to when does a log reach, and is it an nginx error log at all? Looks at a few lines at
/// both ends of each block; the analysis itself parses only lines that a rule may want.
class LogSpan {
 public:
  explicit LogSpan(parse::TimeZone zone) : zone_(zone) {}

  void observe(const ingest::LineBlock& block);

  const std::optional<parse::ZonedTime>& first() const { return first_; }
  const std::optional<parse::ZonedTime>& last() const { return last_; }
  /// At least one of the first lines had nginx's header, or nothing was read.
  bool looks_like_nginx() const { return has_header_ || lines_tried_ == 0; }

 private:
  std::optional<parse::ZonedTime> time_of(std::string_view line);

  parse::TimeZone zone_;
  parse::NginxErrorParser parser_;
  std::optional<parse::ZonedTime> first_, last_;
  bool has_header_ = false;
  std::size_t lines_tried_ = 0;
};

}  // namespace handshaked::cli
