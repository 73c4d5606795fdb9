#pragma once

#include <string_view>

#include "format/wire_format.h"

namespace handshaked::format {

/// What a service writes into its answers: a number that is 0 when all is well, and a text.
struct AnswerCode {
  long long number = 0;
  std::string text;  ///< cleaned and short
};

/// Reads `{"<number_key>": 0, "<text_key>": "ok"}`. Nothing if it is no JSON or has no such number.
std::optional<AnswerCode> read_answer_code(std::string_view answer, std::string_view number_key,
                                           std::string_view text_key);

/// "the service refuses it: <code> <text>", for dead letters.
std::string refusal_reason(const AnswerCode& code);

}  // namespace handshaked::format
