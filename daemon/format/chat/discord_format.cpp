#include "format/chat/chat_formats.h"

#include <charconv>

#include "base/json/json_writer.h"
#include "format/markup.h"

namespace handshaked::format {
namespace {

constexpr std::size_t kTitleLimit = 256;
constexpr std::size_t kDescriptionLimit = 4096;

/// "#D32F2F" is 13840175.
unsigned colour_number(std::string_view colour) {
  unsigned number = 0;
  std::from_chars(colour.data() + 1, colour.data() + colour.size(), number, 16);
  return number;
}

/// Cut before it is escaped, so that no code is left open; escaped in one way that surely fits.
std::string title_of(const Message& message, const Markup& markup) {
  const std::string title =
      prose_line(shortened(message.title, kTitleLimit - 40, Measure::utf16_units), markup);
  if (length_of(title, Measure::utf16_units) <= kTitleLimit) return title;
  return shortened(escape_markdown(shortened(message.title, kTitleLimit / 6, Measure::utf16_units)),
                   kTitleLimit, Measure::utf16_units);
}

Result<WireRequest> discord_request(const event::RemediationEvent& event, Language language) {
  const Message message = compose_message(read_notification(event), language);
  const Markup markup{.escape = escape_markdown};
  WireRequest request;
  JsonWriter json(request.body);
  json.begin_object().member("username", "handshaked").key("allowed_mentions").begin_object();
  json.key("parse").begin_array().end_array().end_object();
  json.key("embeds").begin_array().begin_object();
  json.member("title", title_of(message, markup));
  json.member("description", render_markup(message, markup, kDescriptionLimit))
      .member("color", colour_number(colour_of(message.tone)));
  json.end_object().end_array().end_object();
  return request;
}

}  // namespace

WireFormat discord_format(Language language) {
  return {.request = [language](const event::RemediationEvent& event, Time) {
    return discord_request(event, language);
  }};
}

}  // namespace handshaked::format
