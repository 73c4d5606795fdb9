#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/language.h"
#include "cli/operator/daemon_answer.h"

namespace handshaked::cli {

/// The daemon's answer to `verb`, a JSON text, for people. Text of strangers is made visible. An
/// answer of another form (of a newer daemon) is shown as it came. `width`: of the terminal that
/// lists have to fit; none: each row is one line, however long. `command_options`: with which this
/// daemon was found ("-c FILE"), for commands that are named.
std::string operator_page(std::string_view verb, const std::string& result, Language language,
                          std::optional<std::size_t> width = std::nullopt,
                          std::string_view command_options = {});

/// What the verb `status` prints. Throws simdjson_error when a member that every daemon gives is
/// missing.
std::string status_page(const simdjson::dom::element& status, Language language,
                        std::optional<std::size_t> width);

/// Who has which partition of a group of workers: of `status`, and of `group show`. `group` is what
/// a daemon or the engine says of it.
std::string group_tables(const simdjson::dom::element& group, Language language);

}  // namespace handshaked::cli
