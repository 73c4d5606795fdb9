#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace handshaked::diagnose {

/// An Error as the child process answers it: {"error":{"code":"invalid_input","text":"…"}}.
std::string refusal(const Error& error);
/// The Error in an answer that is one; nothing in any other.
std::optional<Error> refusal_in(std::string_view answer);

}  // namespace handshaked::diagnose
