#include "format/chat/chat_formats.h"

#include "base/json/json_writer.h"
#include "format/markup.h"

namespace handshaked::format {
namespace {

constexpr std::size_t kHeaderLimit = 150;
constexpr std::size_t kSectionLimit = 3000;
constexpr std::size_t kTextLimit = 3000;  // of what notifications on a phone show

std::string escape_entities(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '&') out += "&amp;";
    else if (letter == '<') out += "&lt;";
    else if (letter == '>') out += "&gt;";
    else out.push_back(letter);
  }
  return out;
}

/// mrkdwn has no escape for its marks: they become signs that look alike.
std::string escape_mrkdwn(std::string_view text) {
  std::string out;
  for (const char letter : escape_entities(text)) {
    if (letter == '*') out += "∗";
    else if (letter == '_') out += "＿";
    else if (letter == '~') out += "∼";
    else if (letter == '`') out += "'";
    else out.push_back(letter);
  }
  return out;
}

Markup slack_markup() {
  return {.escape = escape_mrkdwn,
          .bold_begin = "*",
          .bold_end = "*",
          .escape_code = escape_entities,
          .code_needs_room = true};
}

void write_section(JsonWriter& json, const std::string& text) {
  if (text.empty()) return;
  json.begin_object().member("type", "section").key("text").begin_object().member("type", "mrkdwn");
  json.member("text", text).member("verbatim", true).end_object().end_object();
}

Result<WireRequest> slack_request(const event::RemediationEvent& event, Language language) {
  const Message message = compose_message(read_notification(event), language);
  const RenderedParts parts = render_parts(message, slack_markup(), kSectionLimit);
  WireRequest request;
  JsonWriter json(request.body);
  json.begin_object().member(
      "text", shortened(escape_entities(message.title), kTextLimit, Measure::utf16_units));
  json.key("attachments").begin_array().begin_object().member("color", colour_of(message.tone));
  json.member("fallback", shortened(message.title, kTextLimit, Measure::utf16_units))
      .key("blocks")
      .begin_array();
  json.begin_object()
      .member("type", "header")
      .key("text")
      .begin_object()
      .member("type", "plain_text")
      .member("emoji", false);
  json.member("text", shortened(message.title, kHeaderLimit, Measure::utf16_units))
      .end_object()
      .end_object();
  for (const std::string* part : {&parts.overview, &parts.fix, &parts.rest})
    write_section(json, *part);
  json.end_array().end_object().end_array().end_object();
  return request;
}

}  // namespace

WireFormat slack_format(Language language) {
  return {.request = [language](const event::RemediationEvent& event, Time) {
    return slack_request(event, language);
  }};
}

}  // namespace handshaked::format
