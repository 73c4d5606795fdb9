#include "diagnose/doctor/checkup.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "diagnose/doctor/checkup_parts.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {

Text day_text(Time at, Time now) {
  const std::time_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> date{};
  const std::string day(date.data(), std::strftime(date.data(), date.size(), "%Y-%m-%d", &parts));
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(at - now).count();
  const auto days = std::to_string(std::abs(hours) / 24);
  const bool is_one = days == "1";
  if (hours < 0)
    return doctor_text(is_one ? "day.one_ago" : "day.ago", {{"date", day}, {"days", days}});
  return doctor_text(is_one ? "day.in_one" : "day.in", {{"date", day}, {"days", days}});
}

std::optional<Ending> ending_of(Time not_after, Time now, std::chrono::hours horizon) {
  if (not_after >= now + horizon) return std::nullopt;
  return Ending{not_after < now, day_text(not_after, now)};
}

Doctor check_up(const Surroundings& surroundings, const match::Knowledge& knowledge,
                const DoctorOptions& options) {
  Doctor checkup;
  check_configuration(surroundings, checkup);
  check_running(surroundings, options, checkup);
  check_library(surroundings, checkup);
  check_logs(surroundings, options, checkup);
  check_files(surroundings, options, checkup);
  check_upstreams(surroundings, knowledge, options, checkup);
  std::stable_sort(
      checkup.findings.begin(), checkup.findings.end(),
      [](const Finding& left, const Finding& right) { return left.severity > right.severity; });
  std::erase_if(checkup.calendar,
                [&](const CalendarEntry& entry) { return entry.at < surroundings.now; });
  std::stable_sort(
      checkup.calendar.begin(), checkup.calendar.end(),
      [](const CalendarEntry& left, const CalendarEntry& right) { return left.at < right.at; });
  return checkup;
}

}  // namespace handshaked::diagnose
