#pragma once

#include <bitset>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "notify/matcher.h"
#include "parse/time_zone.h"

namespace handshaked::notify {

/// A time in which the configuration asks for quiet: once, or every week. No matcher: it holds for
/// everything. A weekly window whose end is not after its start ends on the next day.
struct MaintenanceWindow {
  std::string name;
  std::vector<Matcher> matchers;
  std::optional<Time> from, until;  ///< once
  std::bitset<7> days;              ///< weekly: bit 0 is Sunday
  std::chrono::minutes start{0}, end{0};
  parse::TimeZone zone = parse::TimeZone::named("local").value();

  bool is_active(Time now) const;
  /// When it begins or ends next; nothing when it never does again.
  std::optional<Time> next_change(Time now) const;

 private:
  struct Span {
    Time from, until;
  };
  std::vector<Span> spans_around(Time now) const;
};

/// "sun" or "sunday" is 0.
std::optional<unsigned> weekday_from_string(std::string_view name);
/// "02:30" and "24:00".
std::optional<std::chrono::minutes> clock_from_string(std::string_view text);

}  // namespace handshaked::notify
