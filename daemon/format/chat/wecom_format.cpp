#include "format/chat/chat_formats.h"

#include <algorithm>

#include "base/json/json_writer.h"
#include "format/chat/chat_answer.h"
#include "format/markup.h"

namespace handshaked::format {
namespace {

constexpr std::size_t kContentLimit = 4096;
constexpr std::size_t kTitleLimit = 300;

Result<WireRequest> wecom_request(const event::RemediationEvent& event, Language language) {
  const Message message = compose_message(read_notification(event), language);
  const Markup markup{.escape = escape_by_width,
                      .has_code_blocks = false,
                      .not_in_code = "<>",
                      .measure = Measure::bytes};
  const std::string title =
      "**" + prose_line(shortened(message.title, kTitleLimit, Measure::bytes), markup) + "**\n";
  WireRequest request;
  JsonWriter json(request.body);
  json.begin_object().member("msgtype", "markdown").key("markdown").begin_object();
  const std::size_t room = kContentLimit - std::min(kContentLimit, title.size());
  json.member("content", title + render_markup(message, markup, room)).end_object().end_object();
  return request;
}

AnswerVerdict wecom_verdict(std::string_view answer) {
  const auto code = read_answer_code(answer, "errcode", "errmsg");
  if (!code || code->number == 0) return {};
  const bool is_busy = code->number == -1 || code->number == 45009 || code->number == 45033;
  return {.kind = is_busy ? AnswerVerdict::Kind::busy : AnswerVerdict::Kind::refused,
          .reason = refusal_reason(*code)};
}

}  // namespace

WireFormat wecom_format(Language language) {
  return {.request = [language](const event::RemediationEvent& event,
                                Time) { return wecom_request(event, language); },
          .judge = wecom_verdict};
}

}  // namespace handshaked::format
