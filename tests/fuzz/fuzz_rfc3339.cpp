// What is read as an RFC 3339 time is written again as the same time.
#include "fuzz_input.h"
#include "parse/time_zone.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 256)) return 0;
  const std::string_view text = fuzz::text_of(data, size);
  const auto time = parse::parse_rfc3339(text);
  if (time) {
    const std::string written = parse::format_rfc3339(*time);
    const auto again = parse::parse_rfc3339(written);
    fuzz::promise(again.has_value(), "what was written can be read");
    fuzz::promise(again->utc == time->utc && again->offset == time->offset, "and is the same time");
    fuzz::promise(parse::format_rfc3339(*again) == written, "and is written in one way");
  }
  if (auto zone = parse::TimeZone::named(text)) {
    for (const int month : {1, 3, 6, 10, 12}) {
      const auto moment = zone.value().resolve({.year = 2026,
                                                .month = static_cast<std::uint8_t>(month),
                                                .day = 25,
                                                .hour = 2,
                                                .minute = 30,
                                                .second = 0});
      fuzz::promise(moment.has_value(), "a time of the calendar is a moment in every zone");
      fuzz::promise(
          moment->offset >= std::chrono::hours(-26) && moment->offset <= std::chrono::hours(26),
          "no zone is that far off");
    }
  }
  return 0;
}
