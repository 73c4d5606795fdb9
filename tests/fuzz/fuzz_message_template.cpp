// Any text as an operator's template: refused with a reason, or usable for every event, and never
// more than its bounds.
#include "event/sample_event.h"
#include "format/template_format.h"
#include "fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 2048)) return 0;
  fuzz::FuzzInput input(data, size);
  static constexpr const char* kTypes[] = {"application/json", "text/plain", "text/html",
                                           "application/x-www-form-urlencoded"};
  const std::string type = kTypes[input.byte() % 4];
  const auto made = format::template_format(input.rest(), type, Language::en);
  if (!made) {
    fuzz::promise(!made.error().context().empty(), "a refusal has a reason");
    return 0;
  }
  for (const auto kind :
       {event::SampleKind::opened, event::SampleKind::resolved, event::SampleKind::bare}) {
    const auto request = made.value().request(
        event::sample_event(kind, Language::en, Time(std::chrono::hours(1)), "h"), Time());
    fuzz::promise(request.has_value() && request.value().body.size() <= 1024 * 1024,
                  "what was accepted works");
  }
  return 0;
}
