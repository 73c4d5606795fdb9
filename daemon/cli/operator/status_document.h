#pragma once

#include <string>

#include "base/language.h"
#include "cli/operator/daemon_answer.h"

namespace handshaked::cli {

/// What the verb `status` prints. Throws simdjson_error when a member that every daemon gives is missing.
std::string status_page(const simdjson::dom::element& status, Language language);

}  // namespace handshaked::cli
