#include "receive/record/epoch_time.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace handshaked::receive {
namespace {

constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;
// 10^8 s are March 1973, and 10^11 s the year 5138: between them each unit has numbers of its own.
constexpr std::int64_t kSecondsBegin = 100'000'000;
constexpr std::int64_t kSecondsEnd = 100'000'000'000;
constexpr std::int64_t kMillisecondsEnd = kSecondsEnd * 1'000;
constexpr std::int64_t kMicrosecondsEnd = kMillisecondsEnd * 1'000;
constexpr std::size_t kLongestNumber = 40;

}  // namespace

std::string rfc3339_text(Time time) {
  using std::chrono::floor;
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const int year = static_cast<int>(date.year());
  if (year < 1970 || year > 9999) return {};
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 40> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", year,
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

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
  const int size = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()));
  return std::string(text, static_cast<std::size_t>(size));
}

std::string rfc3339_of_epoch(std::int64_t number) {
  if (number < kSecondsBegin) return {};
  const std::int64_t microseconds = number < kSecondsEnd        ? number * kMicrosecondsPerSecond
                                    : number < kMillisecondsEnd ? number * 1'000
                                    : number < kMicrosecondsEnd ? number
                                                                : number / 1'000;
  return rfc3339_text(Time(Duration(microseconds)));
}

std::string rfc3339_of_epoch(double number) {
  // Beyond, nanoseconds do not fit into 64 bits (the year 2262). Also false for what is not a
  // number.
  constexpr double kEnd = 9.2e18;
  if (!(number >= static_cast<double>(kSecondsBegin) && number < kEnd)) return {};
  const double microseconds = number < static_cast<double>(kSecondsEnd)        ? number * 1e6
                              : number < static_cast<double>(kMillisecondsEnd) ? number * 1e3
                              : number < static_cast<double>(kMicrosecondsEnd) ? number
                                                                               : number / 1e3;
  return rfc3339_text(Time(Duration(std::llround(microseconds))));
}

std::string rfc3339_of_epoch(std::string_view number) {
  while (!number.empty() && (number.back() == ' ' || number.back() == '\n' ||
                             number.back() == '\r' || number.back() == '\t'))
    number.remove_suffix(1);
  if (number.empty() || number.size() > kLongestNumber || number.front() < '0' ||
      number.front() > '9')
    return {};
  const char* const end = number.data() + number.size();
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(number.data(), end, whole);
      read.ec == std::errc() && read.ptr == end)
    return rfc3339_of_epoch(whole);
  double real = 0;
  const auto read = std::from_chars(number.data(), end, real);
  return read.ec == std::errc() && read.ptr == end ? rfc3339_of_epoch(real) : std::string();
}

}  // namespace handshaked::receive
