#pragma once

#include <string>
#include <string_view>

#include "base/language.h"

namespace handshaked::cli {

/// The daemon's answer to `verb`, a JSON text, for people. Text of strangers is made visible. An answer of another form (of a
/// newer daemon) is shown as it came.
std::string operator_page(std::string_view verb, const std::string& result, Language language);

}  // namespace handshaked::cli
