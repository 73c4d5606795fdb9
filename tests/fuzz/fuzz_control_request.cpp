// One line at the control socket, and what it may ask for: refused with a reason, or read and
// written in one way.
#include "control/control_message.h"
#include "fuzz_input.h"
#include "notify/matcher.h"
#include "notify/notification_record.h"
#include "notify/silence.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 1U << 16)) return 0;
  const auto text = fuzz::text_of(data, size);
  const auto request = control::request_from_line(text);
  if (request) {
    fuzz::promise(!request.value().verb.empty(), "a request has a verb");
    const std::string written = control::to_line(request.value());
    const auto again =
        control::request_from_line(std::string_view(written).substr(0, written.size() - 1));
    if (again)
      fuzz::promise(control::to_line(again.value()) == written, "a request is written in one way");
    else
      fuzz::promise(again.error().code() == ErrorCode::limit_exceeded,
                    "what was written can be read, unless it grew too long");
    for (const std::string& matcher : request.value().texts("matchers")) {
      if (const auto parsed = notify::Matcher::parse(matcher)) {
        const std::string form = parsed.value().text();
        const auto reread = notify::Matcher::parse(form);
        fuzz::promise(reread.has_value() && reread.value().text() == form,
                      "a matcher is written as it is read");
      }
    }
  }
  (void)control::answer_from_line(text);
  if (const auto silence = notify::silence_from_json(text)) {
    const auto again = notify::silence_from_json(notify::to_json(silence.value()));
    fuzz::promise(
        again.has_value() && notify::to_json(again.value()) == notify::to_json(silence.value()),
        "a silence survives the store");
  }
  if (const auto told = notify::notification_record_from_json("receiver", "incident", text)) {
    const auto again = notify::notification_record_from_json("receiver", "incident",
                                                             notify::to_json(told.value()));
    fuzz::promise(
        again.has_value() && notify::to_json(again.value()) == notify::to_json(told.value()),
        "what was told survives the store");
  }
  return 0;
}
