#include "format/chat/chat_formats.h"

#include "base/json/json_writer.h"
#include "format/markup.h"

namespace handshaked::format {
namespace {

constexpr std::size_t kTextLimit = 3500;  // with the title below 4,000
constexpr std::size_t kTitleLimit = 400;

Result<WireRequest> mattermost_request(const event::RemediationEvent& event, Language language) {
  const Message message = compose_message(read_notification(event), language);
  const Markup markup{.escape = escape_markdown};
  WireRequest request;
  JsonWriter json(request.body);
  json.begin_object().key("attachments").begin_array().begin_object();
  json.member("fallback",
              shortened(escape_markdown(message.title), kTitleLimit, Measure::utf16_units));
  json.member("color", colour_of(message.tone));
  // Its title knows no Markdown, and would show the escapes.
  const std::string title =
      "**" + prose_line(shortened(message.title, kTitleLimit / 4, Measure::utf16_units), markup) +
      "**\n";
  json.member("text", title + render_markup(message, markup, kTextLimit));
  json.end_object().end_array().end_object();
  return request;
}

}  // namespace

WireFormat mattermost_format(Language language) {
  return {.request = [language](const event::RemediationEvent& event, Time) {
    return mattermost_request(event, language);
  }};
}

}  // namespace handshaked::format
