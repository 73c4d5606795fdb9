#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace handshaked::nginx {

/// A time as nginx's directives have it (ngx_parse_time, src/core/ngx_parse.c): "60", "1m30s",
/// "500ms", "1h 30m"; a bare number is seconds. nullopt for what nginx refuses, and for more than a
/// hundred years.
std::optional<std::chrono::milliseconds> parse_time_value(std::string_view text);

}  // namespace handshaked::nginx
