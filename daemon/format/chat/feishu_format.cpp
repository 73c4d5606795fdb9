#include "format/chat/chat_formats.h"

#include "base/digest.h"
#include "base/json/json_writer.h"
#include "format/chat/chat_answer.h"
#include "format/markup.h"

namespace handshaked::format {
namespace {

constexpr std::size_t kTitleLimit = 300;
constexpr std::size_t kTextLimit = 8'000;  // JSON may double it; all stays below 20 KB

std::string_view template_of(Tone tone) {
  switch (tone) {
    case Tone::critical: return "red";
    case Tone::warning: return "orange";
    case Tone::info: return "blue";
    case Tone::resolved: return "green";
  }
  return "blue";
}

/// No markup at all: what is written is what is seen.
Markup plain_markup() {
  return {.escape = [](std::string_view text) { return std::string(text); },
          .bold_begin = "",
          .bold_end = "",
          .has_inline_code = false,
          .has_code_blocks = false,
          .measure = Measure::bytes};
}

Result<WireRequest> feishu_request(const event::RemediationEvent& event, Time now,
                                   Language language, const std::string& secret) {
  const Message message = compose_message(read_notification(event), language);
  WireRequest request;
  JsonWriter json(request.body);
  json.begin_object();
  if (!secret.empty()) {
    const std::string timestamp =
        std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
    json.member("timestamp", timestamp)
        .member("sign", base64(hmac_sha256(timestamp + "\n" + secret, {})));
  }
  json.member("msg_type", "interactive").key("card").begin_object();
  json.key("config").begin_object().member("wide_screen_mode", true).end_object();
  json.key("header")
      .begin_object()
      .member("template", template_of(message.tone))
      .key("title")
      .begin_object();
  json.member("tag", "plain_text")
      .member("content", shortened(message.title, kTitleLimit, Measure::bytes))
      .end_object()
      .end_object();
  json.key("elements")
      .begin_array()
      .begin_object()
      .member("tag", "div")
      .key("text")
      .begin_object()
      .member("tag", "plain_text");
  json.member("content", render_markup(message, plain_markup(), kTextLimit))
      .end_object()
      .end_object()
      .end_array();
  json.end_object().end_object();
  return request;
}

AnswerVerdict feishu_verdict(std::string_view answer) {
  auto code = read_answer_code(answer, "code", "msg");
  if (!code) code = read_answer_code(answer, "StatusCode", "StatusMessage");  // older ones
  if (!code || code->number == 0) return {};
  const bool is_busy = code->number == 11232;
  return {.kind = is_busy ? AnswerVerdict::Kind::busy : AnswerVerdict::Kind::refused,
          .reason = refusal_reason(*code)};
}

}  // namespace

WireFormat feishu_format(Language language, std::string secret) {
  return {.request = [language, secret = std::move(secret)](
                         const event::RemediationEvent& event,
                         Time now) { return feishu_request(event, now, language, secret); },
          .judge = feishu_verdict};
}

}  // namespace handshaked::format
