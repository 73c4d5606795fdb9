#pragma once

#include <string_view>

#include "receive/intake.h"

namespace handshaked::receive {

/// Where in `json`, from `from` on (the beginning of a line), stands a line in which a string may interest a rule; npos when
/// there is none. Sound whatever the writer escapes: a line that spells ASCII letters as \u00XX counts as interesting.
std::size_t find_json_candidate(const Intake& intake, std::string_view json, std::size_t from);

}  // namespace handshaked::receive
