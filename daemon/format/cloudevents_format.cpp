#include "format/cloudevents_format.h"

#include <simdjson.h>

#include <array>

#include "base/json/json_text.h"

namespace handshaked::format {
namespace {

constexpr std::size_t kLongestHeader = 4096;

/// Blanks, quotes, percent signs and all beyond printable ASCII as %XX.
std::string header_value(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte > 0x20 && byte < 0x7F && letter != '"' && letter != '%') out.push_back(letter);
    else out.append({'%', kDigits[byte >> 4U], kDigits[byte & 15U]});
  }
  return out;
}

Result<WireRequest> binary_request(const event::RemediationEvent& event) {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  if (parser.parse(event.body.data(), event.body.size()).get(root) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input, "the event is not JSON");
  WireRequest request;
  for (const auto& [name, value] : root) {
    std::string_view text;
    if (name == "data" || value.get(text) != simdjson::SUCCESS) continue;
    std::string header = header_value(text);
    if (header.size() > kLongestHeader ||
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") != std::string_view::npos)
      return fail(ErrorCode::invalid_input, "the event has an attribute that no header can hold");
    if (name == "datacontenttype") request.content_type = std::move(header);
    else request.headers.emplace_back("ce-" + std::string(name), std::move(header));
  }
  simdjson::dom::element data;
  if (root["data"].get(data) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input, "the event has no data");
  request.body = with_escapes(simdjson::minify(data));
  return request;
}

}  // namespace

WireFormat cloudevents_structured_format() {
  return {.request = [](const event::RemediationEvent& event, Time) -> Result<WireRequest> {
    return WireRequest{.content_type = "application/cloudevents+json; charset=utf-8",
                       .body = event.body};
  }};
}

WireFormat cloudevents_binary_format() {
  return {
      .request = [](const event::RemediationEvent& event, Time) { return binary_request(event); }};
}

}  // namespace handshaked::format
