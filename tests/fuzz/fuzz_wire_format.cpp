// Any event as a message: what comes out is JSON and UTF-8 within the limits of its service, the
// same each time, whatever stands in the event.
#include <simdjson.h>

#include "base/json/json_text.h"
#include "base/text/utf8.h"
#include "event/sample_event.h"
#include "format/alertmanager_format.h"
#include "format/chat/chat_formats.h"
#include "format/cloudevents_format.h"
#include "format/pagerduty_format.h"
#include "fuzz_input.h"

namespace {

using namespace handshaked;

/// The sample event with a hostile text in the place of each of its own.
event::RemediationEvent event_with(std::string_view text, event::SampleKind kind,
                                   Language language) {
  event::RemediationEvent event =
      event::sample_event(kind, language, Time(std::chrono::hours(500'000)), "proxy-1.example");
  std::string quoted;
  append_json_string(quoted, text);
  for (const std::string_view own :
       {"198.51.100.7:8443", "orders.example", "shop.example", "proxy_ssl_verify off", "nginx -t",
        "upstream-root-replaced"}) {
    for (auto at = event.body.find(own); at != std::string::npos;
         at = event.body.find(own, at + quoted.size()))
      event.body.replace(at, own.size(), quoted, 1, quoted.size() - 2);
  }
  event.summary = text;
  return event;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Step step = next_utf8_step(text);
    if (!step.is_valid) return false;
    text.remove_prefix(step.length);
  }
  return true;
}

void try_format(const format::WireFormat& wire, const event::RemediationEvent& event,
                std::size_t limit, bool must_work) {
  const Time now(std::chrono::hours(500'001));
  const auto request = wire.request(event, now);
  fuzz::promise(request.has_value() || !must_work, "every event has a message");
  if (!request) return;
  // An event is bounded itself, but not while growth is measured: what leaves nothing out is as
  // large then.
  const bool leaves_nothing_out = fuzz::measures_growth && limit >= 512 * 1024;
  fuzz::promise(request.value().body.size() <= limit || leaves_nothing_out,
                "a message is within its limit");
  fuzz::promise(is_utf8(request.value().body), "a message is UTF-8");
  simdjson::dom::parser parser;
  fuzz::promise(parser.parse(request.value().body).error() == simdjson::SUCCESS,
                "a message is JSON");
  fuzz::promise(wire.request(event, now).value().body == request.value().body,
                "the same event gives the same message");
  for (const auto& [name, value] : request.value().headers)
    for (const char letter : value)
      fuzz::promise(letter > ' ' && letter < '\x7f', "a header is printable ASCII");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (fuzz::is_too_long(size, 1U << 14)) return 0;
  fuzz::FuzzInput input(data, size);
  const std::uint8_t choice = input.byte();
  const Language language = (choice & 1) != 0 ? Language::zh : Language::en;
  const auto kind = static_cast<event::SampleKind>((choice >> 1) % 3);
  event::RemediationEvent event = event_with(input.rest(), kind, language);
  if ((choice & 0x80) != 0) event.body = input.rest();  // the event itself is anything
  const bool is_ours = (choice & 0x80) == 0;

  try_format(format::slack_format(language), event, 100'000, true);
  try_format(format::teams_format(language), event, 28 * 1024, true);
  try_format(format::discord_format(language), event, 100'000, true);
  try_format(format::mattermost_format(language), event, 100'000, true);
  try_format(format::feishu_format(language, "secret"), event, 20 * 1024, true);
  try_format(format::dingtalk_format(language, "secret"), event, 20'000, true);
  try_format(format::wecom_format(language), event, 20'000, true);
  try_format(format::pagerduty_format(language, "key"), event, 512 * 1024, true);
  try_format(format::alertmanager_webhook_format(language, "hook"), event, 1024 * 1024, true);
  try_format(format::cloudevents_binary_format(), event, 4 * 1024 * 1024,
             is_ours && input.rest().size() < 500);

  // What a receiver answers.
  for (const auto& wire : {format::teams_format(language), format::feishu_format(language, ""),
                           format::dingtalk_format(language, ""), format::wecom_format(language)}) {
    const format::AnswerVerdict verdict = wire.judge(input.rest());
    fuzz::promise((verdict.kind == format::AnswerVerdict::Kind::accepted) == verdict.reason.empty(),
                  "a refusal has a reason");
    fuzz::promise(is_utf8(verdict.reason) && verdict.reason.find('\n') == std::string::npos,
                  "a reason is one line of text");
  }
  return 0;
}
