#include "notify/maintenance.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace handshaked::notify {
namespace {

constexpr auto kDay = std::chrono::minutes(24 * 60);

/// The moment of `clock` on `date` as the zone's clocks show it. In an hour that the clocks skip:
/// an hour on.
std::optional<Time> moment(parse::TimeZone zone, std::chrono::sys_days date,
                           std::chrono::minutes clock) {
  if (clock >= kDay) return moment(zone, date + std::chrono::days(1), clock - kDay);
  const std::chrono::year_month_day day{date};
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(clock);
  const parse::LocalTime local{
      .year = static_cast<std::uint16_t>(static_cast<int>(day.year())),
      .month = static_cast<std::uint8_t>(static_cast<unsigned>(day.month())),
      .day = static_cast<std::uint8_t>(static_cast<unsigned>(day.day())),
      .hour = static_cast<std::uint8_t>(hours.count()),
      .minute = static_cast<std::uint8_t>((clock - hours).count()),
      .second = 0};
  const auto resolved = zone.resolve(local);
  return resolved ? std::optional(resolved->utc) : std::nullopt;
}

}  // namespace

std::vector<MaintenanceWindow::Span> MaintenanceWindow::spans_around(Time now) const {
  std::vector<Span> spans;
  if (from && until) spans.push_back({*from, *until});
  if (days.none()) return spans;
  const auto today = std::chrono::floor<std::chrono::days>(now);
  for (int offset = -2; offset <= 9; ++offset) {
    const auto date = today + std::chrono::days(offset);
    if (!days.test(std::chrono::weekday(date).c_encoding())) continue;
    const auto begins = moment(zone, date, start);
    const auto ends = moment(zone, date, end > start ? end : end + kDay);
    if (begins && ends) spans.push_back({*begins, *ends});
  }
  return spans;
}

bool MaintenanceWindow::is_active(Time now) const {
  const auto spans = spans_around(now);
  return std::any_of(spans.begin(), spans.end(),
                     [now](const Span& span) { return span.from <= now && now < span.until; });
}

std::optional<Time> MaintenanceWindow::next_change(Time now) const {
  std::optional<Time> next;
  for (const Span& span : spans_around(now)) {
    for (const Time at : {span.from, span.until}) {
      if (at > now && (!next || at < *next)) next = at;
    }
  }
  return next;
}

std::optional<unsigned> weekday_from_string(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
  for (unsigned day = 0; day < kNames.size(); ++day) {
    if (name == kNames[day] || name == kNames[day].substr(0, 3)) return day;
  }
  return std::nullopt;
}

std::optional<std::chrono::minutes> clock_from_string(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  int hours = 0;
  int minutes = 0;
  const auto first = std::from_chars(text.data(), text.data() + 2, hours);
  const auto second = std::from_chars(text.data() + 3, text.data() + 5, minutes);
  if (first.ec != std::errc() || first.ptr != text.data() + 2 || second.ec != std::errc() ||
      second.ptr != text.data() + 5)
    return std::nullopt;
  if (hours < 0 || minutes < 0 || minutes > 59 || hours > 24 || (hours == 24 && minutes != 0))
    return std::nullopt;
  return std::chrono::minutes(hours * 60 + minutes);
}

}  // namespace handshaked::notify
