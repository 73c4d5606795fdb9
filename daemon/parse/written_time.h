#pragma once

#include <cstddef>
#include <string_view>

#include "parse/error_record.h"

namespace handshaked::parse {

/// A time as other programs write it in front of a line.
struct WrittenTime {
  std::size_t length = 0;  ///< 0: no time stands there
  LocalTime local;         ///< year 0: no date, or one without a year
  std::string_view zoned;  ///< the time, where it is RFC 3339 with a zone; it borrows from the text
};

/// Reads the time at the beginning of `text`, in brackets or without: "2026-11-21T02:58:15.123Z",
/// "2026/11/21 02:58:15.123", "21/Nov/2026:02:58:15 +0000", "Sat Nov 21 02:58:15 2026", "Nov 21
/// 02:58:15", "02:58:15".
WrittenTime read_written_time(std::string_view text);

}  // namespace handshaked::parse
