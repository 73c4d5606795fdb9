#include "format/chat/chat_answer.h"

#include <simdjson.h>

#include "format/clean_text.h"

namespace handshaked::format {

std::optional<AnswerCode> read_answer_code(std::string_view answer, std::string_view number_key,
                                           std::string_view text_key) {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  if (parser.parse(answer.data(), answer.size()).get(root) != simdjson::SUCCESS)
    return std::nullopt;
  std::int64_t number = 0;
  if (root[number_key].get(number) != simdjson::SUCCESS) return std::nullopt;
  AnswerCode code{number, {}};
  std::string_view text;
  if (root[text_key].get(text) == simdjson::SUCCESS)
    code.text = shortened(plain_text(text), 200, Measure::bytes);
  return code;
}

std::string refusal_reason(const AnswerCode& code) {
  return "the service refuses it: " + std::to_string(code.number) +
         (code.text.empty() ? "" : " " + code.text);
}

}  // namespace handshaked::format
