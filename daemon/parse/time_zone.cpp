#include "parse/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <exception>

namespace handshaked::parse {
namespace {

using std::chrono::seconds;

std::optional<std::chrono::sys_seconds> as_if_utc(const LocalTime& local) {
  using namespace std::chrono;
  const year_month_day date{year(local.year), month(local.month), day(local.day)};
  if (!date.ok() || local.hour > 23 || local.minute > 59 || local.second > 60) return std::nullopt;
  return sys_days(date) + hours(local.hour) + minutes(local.minute) + seconds(local.second);
}

std::optional<int> read_digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  if (at + count > text.size()) return std::nullopt;
  const auto [end, failure] = std::from_chars(text.data() + at, text.data() + at + count, value);
  if (failure != std::errc() || end != text.data() + at + count || text[at] == '-')
    return std::nullopt;
  return value;
}

/// "+08:00", "-0530", "Z".
std::optional<seconds> read_offset(std::string_view text) {
  if (text == "Z" || text == "z") return seconds(0);
  if (text.size() < 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const auto hours = read_digits(text, 1, 2);
  const auto minutes = read_digits(text, text[3] == ':' ? 4 : 3, 2);
  if (text.size() != (text[3] == ':' ? 6U : 5U) || !hours || !minutes || *hours > 18 ||
      *minutes > 59)
    return std::nullopt;
  const seconds offset(*hours * 3600 + *minutes * 60);
  return text[0] == '-' ? -offset : offset;
}

/// The host's offset at a local time, by the C library, which honours TZ and /etc/localtime. Left
/// to itself, mktime() answers for a repeated hour as for whatever it was asked before; both clocks
/// are asked for, and the one that is further ahead is the earlier moment.
std::optional<seconds> host_offset(const LocalTime& local) {
  std::tm parts{};
  parts.tm_year = local.year - 1900;
  parts.tm_mon = local.month - 1;
  parts.tm_mday = local.day;
  parts.tm_hour = local.hour;
  parts.tm_min = local.minute;
  parts.tm_sec = local.second;
  std::optional<seconds> offset;
  for (const int is_summer : {0, 1}) {
    std::tm clock = parts;
    clock.tm_isdst = is_summer;
    if (std::mktime(&clock) == -1 || clock.tm_isdst != is_summer || clock.tm_hour != parts.tm_hour)
      continue;
    offset = std::max(offset.value_or(seconds(clock.tm_gmtoff)), seconds(clock.tm_gmtoff));
  }
  if (offset) return offset;
  parts.tm_isdst = -1;  // an hour that the clocks skipped
  if (std::mktime(&parts) == -1) return std::nullopt;
  return seconds(parts.tm_gmtoff);
}

std::optional<seconds> database_offset(const date::time_zone& zone, const LocalTime& local) {
  const auto utc = as_if_utc(local);
  if (!utc) return std::nullopt;
  const auto info = zone.get_info(date::local_seconds(utc->time_since_epoch()));
  return info.first.offset;
}

}  // namespace

Result<TimeZone> TimeZone::named(std::string_view name) {
  TimeZone zone;
  if (name == "local" || name.empty()) return zone;
  if (name == "UTC" || name == "Z") {
    zone.kind_ = Kind::fixed;
    return zone;
  }
  if (const auto offset = read_offset(name)) {
    zone.kind_ = Kind::fixed;
    zone.fixed_ = *offset;
    return zone;
  }
  try {
    zone.kind_ = Kind::database;
    zone.zone_ = date::locate_zone(std::string(name));
    return zone;
  } catch (const std::exception&) {
    return fail(ErrorCode::invalid_configuration,
                "unknown time zone \"" + std::string(name) +
                    "\": give \"local\", \"UTC\", an offset like \"+08:00\" or a name like "
                    "\"Europe/Berlin\"");
  }
}

std::optional<seconds> TimeZone::offset_of(const LocalTime& local) const {
  switch (kind_) {
    case Kind::host: return host_offset(local);
    case Kind::fixed: return fixed_;
    case Kind::database: return database_offset(*static_cast<const date::time_zone*>(zone_), local);
  }
  return std::nullopt;
}

std::optional<ZonedTime> TimeZone::resolve(const LocalTime& local) {
  const auto utc = as_if_utc(local);
  if (!utc || local.year == 0) return std::nullopt;
  // Clocks change on a quarter of an hour at the earliest; a change inside an hour is met by not
  // crossing the quarter.
  LocalTime hour = local;
  hour.minute = static_cast<std::uint8_t>(local.minute / 15);
  hour.second = 0;
  if (!remembers_ || hour != remembered_hour_) {
    const auto offset = offset_of(local);
    if (!offset) return std::nullopt;
    remembered_hour_ = hour;
    remembered_offset_ = *offset;
    remembers_ = true;
  }
  return ZonedTime{.utc = *utc - remembered_offset_, .offset = remembered_offset_};
}

std::optional<ZonedTime> parse_rfc3339(std::string_view text) {
  const auto year = read_digits(text, 0, 4), month = read_digits(text, 5, 2),
             day = read_digits(text, 8, 2);
  const auto hour = read_digits(text, 11, 2), minute = read_digits(text, 14, 2),
             second = read_digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const auto small = [](int value) { return static_cast<std::uint8_t>(value); };
  const auto utc = as_if_utc({.year = static_cast<std::uint16_t>(*year),
                              .month = small(*month),
                              .day = small(*day),
                              .hour = small(*hour),
                              .minute = small(*minute),
                              .second = small(*second)});
  std::size_t at = 19;
  std::int64_t micros = 0;
  if (at < text.size() && (text[at] == '.' || text[at] == ',')) {
    std::int64_t scale = 100000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      micros += (text[at] - '0') * scale;
  }
  const auto offset = read_offset(text.substr(std::min(at, text.size())));
  if (!utc || !offset) return std::nullopt;
  return ZonedTime{.utc = *utc - *offset + std::chrono::microseconds(micros), .offset = *offset};
}

std::string format_rfc3339(const ZonedTime& time) {
  using namespace std::chrono;
  const auto local = time.utc + time.offset;
  const auto date = floor<days>(local);
  const year_month_day ymd(date);
  const hh_mm_ss clock(floor<seconds>(local) - date);
  const auto micros = duration_cast<microseconds>(local - floor<seconds>(local)).count();
  std::array<char, 64> out{};
  int size = std::snprintf(
      out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(ymd.year()),
      static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  if (micros != 0)
    size += std::snprintf(out.data() + size, out.size() - static_cast<std::size_t>(size), ".%06d",
                          static_cast<int>(micros));
  if (time.offset.count() == 0)
    return std::string(out.data(), static_cast<std::size_t>(size)) + "Z";
  const auto minutes = std::abs(time.offset.count()) / 60;
  std::snprintf(out.data() + size, out.size() - static_cast<std::size_t>(size), "%c%02d:%02d",
                time.offset.count() < 0 ? '-' : '+', static_cast<int>(minutes / 60),
                static_cast<int>(minutes % 60));
  return out.data();
}

std::string format_rfc3339(Time utc) {
  return format_rfc3339(ZonedTime{.utc = utc, .offset = std::chrono::seconds(0)});
}

}  // namespace handshaked::parse
