#include "diagnose/probe/child/child_answer.h"

#include "base/json/json_writer.h"
#include "diagnose/certificates/json_value.h"

namespace handshaked::diagnose {
namespace {

constexpr ErrorCode kCodes[] = {ErrorCode::invalid_input, ErrorCode::limit_exceeded,
                                ErrorCode::not_found,     ErrorCode::permission_denied,
                                ErrorCode::network,       ErrorCode::io};
constexpr std::string_view kBegin = "{\"error\":";

}  // namespace

std::string refusal(const Error& error) {
  std::string line;
  JsonWriter(line)
      .begin_object()
      .key("error")
      .begin_object()
      .member("code", to_string(error.code()))
      .member("text", error.message())
      .end_object()
      .end_object();
  return line;
}

std::optional<Error> refusal_in(std::string_view answer) {
  // Answers are long, and nearly all of them are none of this.
  if (!answer.starts_with(kBegin)) return std::nullopt;
  const auto document = JsonDocument::parse(answer);
  if (!document) return document.error();
  const JsonValue error = document.value().root()["error"];
  ErrorCode code = ErrorCode::invalid_input;
  for (const ErrorCode one : kCodes)
    if (error["code"].text() == to_string(one)) code = one;
  return Error(code, error["text"].string());
}

}  // namespace handshaked::diagnose
