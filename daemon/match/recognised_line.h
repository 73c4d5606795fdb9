#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ingest/log_line.h"
#include "match/rule.h"
#include "parse/error_record.h"
#include "parse/openssl_error.h"
#include "parse/time_zone.h"

namespace handshaked::match {

/// One recognised line. Borrowed from the line and from the rule set: whoever wants to keep it
/// copies what he needs.
struct RecognisedLine {
  const Rule& rule;
  const parse::ErrorRecord& record;
  const parse::TlsDetail& tls;
  std::string_view line;  ///< as it stands in the file, without '\n'
  std::uint64_t line_number =
      0;  ///< physical lines from 1; 0 when it is not known (a file followed from its end)
  ingest::ByteOffset offset;
  std::optional<parse::ZonedTime> time;
  /// nginx wrote it, as far as can be seen, and the line alone is evidence. Otherwise it opens no
  /// incident that notifies.
  bool trusted = true;
};

}  // namespace handshaked::match
