#pragma once

#include <cstddef>
#include <string_view>

namespace handshaked::correlate {

/// No name of a host, server or peer is longer (RFC 1035); what a line or a sender calls so is cut
/// here.
inline std::string_view within_name(std::string_view name) { return name.substr(0, 255); }
/// The same for a path, or what a directive was given.
inline std::string_view within_object(std::string_view object) { return object.substr(0, 1024); }

}  // namespace handshaked::correlate
