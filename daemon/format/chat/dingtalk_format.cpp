#include "format/chat/chat_formats.h"

#include "base/digest.h"
#include "base/json/json_writer.h"
#include "format/chat/chat_answer.h"
#include "format/markup.h"

namespace handshaked::format {
namespace {

constexpr std::size_t kTitleLimit = 300;
constexpr std::size_t kTextLimit = 9'000;  // JSON may double it; all stays below 20,000

std::string percent_encoded_base64(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '+') out += "%2B";
    else if (letter == '/') out += "%2F";
    else if (letter == '=') out += "%3D";
    else out.push_back(letter);
  }
  return out;
}

Result<WireRequest> dingtalk_request(const event::RemediationEvent& event, Time now,
                                     Language language, const std::string& secret) {
  const Message message = compose_message(read_notification(event), language);
  // A line feed alone does not end a line; there are no code blocks.
  const Markup markup{.escape = escape_by_width,
                      .line_end = "  \n",
                      .has_code_blocks = false,
                      .not_in_code = "<>",
                      .measure = Measure::bytes};
  WireRequest request;
  if (!secret.empty()) {
    const std::string timestamp = std::to_string(
        std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count());
    const std::string sign = base64(hmac_sha256(secret, {timestamp, "\n", secret}));
    request.query = "timestamp=" + timestamp + "&sign=" + percent_encoded_base64(sign);
  }
  const std::string title = shortened(message.title, kTitleLimit, Measure::bytes);
  JsonWriter json(request.body);
  json.begin_object()
      .member("msgtype", "markdown")
      .key("markdown")
      .begin_object()
      .member("title", title);
  json.member("text", "#### " + prose_line(title, markup) + "\n" +
                          render_markup(message, markup, kTextLimit))
      .end_object();
  json.key("at").begin_object().member("isAtAll", false).end_object().end_object();
  return request;
}

AnswerVerdict dingtalk_verdict(std::string_view answer) {
  const auto code = read_answer_code(answer, "errcode", "errmsg");
  if (!code || code->number == 0) return {};
  const bool is_busy = code->number == -1 || code->number == 130101 || code->number == 410100;
  return {.kind = is_busy ? AnswerVerdict::Kind::busy : AnswerVerdict::Kind::refused,
          .reason = refusal_reason(*code)};
}

}  // namespace

WireFormat dingtalk_format(Language language, std::string secret) {
  return {.request = [language, secret = std::move(secret)](
                         const event::RemediationEvent& event,
                         Time now) { return dingtalk_request(event, now, language, secret); },
          .judge = dingtalk_verdict};
}

}  // namespace handshaked::format
