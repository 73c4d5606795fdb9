#pragma once

#include <string_view>

namespace handshaked::engine {

/// Is there a subject of NATS that both patterns take? Of words between dots "*" stands for one,
/// ">" at the end for one or more.
bool have_subjects_in_common(std::string_view first, std::string_view second);

}  // namespace handshaked::engine
