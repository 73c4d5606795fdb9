#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "parse/error_record.h"

namespace handshaked::parse {

/// A moment and the offset from UTC that its writer used.
struct ZonedTime {
  Time utc{};
  std::chrono::seconds offset{0};
};

/// The zone in which a log's times are to be read: nginx prints none. Remembers the offset of the
/// last hour, so it is cheap for runs of lines; not shared between threads.
class TimeZone {
 public:
  /// "local" (this host's, honouring TZ), "UTC", an offset ("+08:00"), or a name ("Europe/Berlin").
  static Result<TimeZone> named(std::string_view name);

  /// nullopt for a time that no calendar knows. In the hour that a clock change repeats, the
  /// earlier moment.
  std::optional<ZonedTime> resolve(const LocalTime& local);

 private:
  enum class Kind { host, fixed, database };
  Kind kind_ = Kind::host;
  std::chrono::seconds fixed_{0};
  const void* zone_ = nullptr;  // date::time_zone, which lives as long as the process

  std::optional<std::chrono::seconds> offset_of(const LocalTime& local) const;
  LocalTime remembered_hour_;
  std::chrono::seconds remembered_offset_{0};
  bool remembers_ = false;
};

/// "2026-11-21T02:58:15.123+01:00" and "…Z".
std::optional<ZonedTime> parse_rfc3339(std::string_view text);
/// The same, written: whole seconds, or microseconds where there are any.
std::string format_rfc3339(const ZonedTime& time);
std::string format_rfc3339(Time utc);

}  // namespace handshaked::parse
