#pragma once

#include <span>
#include <string>
#include <string_view>

namespace handshaked::web {

/// Was a request with this Host header meant for us? A page in somebody's browser can make its own
/// name stand for 127.0.0.1 (DNS rebinding) and read what we answer; but then the header has that
/// name. Literal addresses and "localhost" cannot be rebound; any other name must be one of
/// `names`, with or without a port.
bool is_expected_host(std::string_view host_header, std::span<const std::string> names);

}  // namespace handshaked::web
