#pragma once

#include <string>

namespace handshaked {

/// Lines a minute over the last five minutes, as it is written everywhere: "0", "<0.1", "8.4", "120", "12,400".
std::string rate_text(double lines_a_minute);

}  // namespace handshaked
