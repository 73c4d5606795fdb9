#pragma once

#include <string>
#include <string_view>

#include "base/language.h"
#include "cli/operator/daemon_answer.h"

namespace handshaked::cli {

/// The daemon's answer to `verb`, a JSON text, for people. Text of strangers is made visible. An answer of another form (of a
/// newer daemon) is shown as it came.
std::string operator_page(std::string_view verb, const std::string& result, Language language);

/// What the verb `status` prints. Throws simdjson_error when a member that every daemon gives is missing.
std::string status_page(const simdjson::dom::element& status, Language language);

}  // namespace handshaked::cli
