#include "receive/epoch_time.h"

#include <chrono>
#include <cstdio>

namespace handshaked::receive {

std::string rfc3339_of_nanoseconds(std::uint64_t nanoseconds) {
  using namespace std::chrono;
  constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
  const std::uint64_t seconds_since = nanoseconds / kNanosecondsPerSecond;
  if (seconds_since == 0 || seconds_since > 253'402'300'799) return {};
  const sys_seconds moment{seconds(static_cast<std::int64_t>(seconds_since))};
  const auto day = floor<days>(moment);
  const year_month_day date(day);
  const hh_mm_ss time(moment - day);
  char text[40];
  const int size =
      std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                    static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                    static_cast<int>(time.seconds().count()));
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace handshaked::receive
