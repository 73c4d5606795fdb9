#include "receive/picked_record.h"

#include <array>
#include <cstdio>

namespace handshaked::receive {

std::string rfc3339_text(Time time) {
  using std::chrono::floor;
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const int year = static_cast<int>(date.year());
  if (year < 1970 || year > 9999) return {};
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 40> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", year, static_cast<unsigned>(date.month()),
                    static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

bool add_picked(Intake& intake, const FieldPicker& picked, std::optional<Time> time) {
  if (!picked.has_text()) {
    const std::string stray = picked.stray_text();
    if (stray.empty()) return false;
    intake.add_record({.text = stray, .host = picked.host(), .time = picked.time()});
    return true;
  }
  std::string stamp;
  // Written out only for the few lines that somebody will read.
  if (time && intake.may_matter(picked.text())) stamp = rfc3339_text(*time);
  intake.add_record({.text = picked.text(), .host = picked.host(), .time = stamp.empty() ? picked.time() : std::string_view(stamp)});
  return true;
}

}  // namespace handshaked::receive
