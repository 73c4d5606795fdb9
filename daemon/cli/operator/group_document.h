#pragma once

#include <string>

#include "base/language.h"
#include "cli/operator/daemon_answer.h"

namespace handshaked::cli {

/// Who has which partition of a group of workers: of `status`, and of `group show`. `group` is what a daemon or the engine says of it.
std::string group_tables(const simdjson::dom::element& group, Language language);

}  // namespace handshaked::cli
