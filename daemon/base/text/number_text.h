#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace handshaked {

// Numbers as they are written everywhere: in reports, lists, messages and events.

/// "1,234,567".
std::string with_separators(std::uint64_t number);
/// "1 log", "1,234 logs".
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);
/// Lines a minute over the last five minutes: "0", "<0.1", "8.4", "120", "12,400".
std::string rate_text(double lines_a_minute);
/// A share of one: "70%", "0.4%". One word, so that no line ends between number and sign. "?" for
/// what is no number.
std::string percent(double share);

}  // namespace handshaked
