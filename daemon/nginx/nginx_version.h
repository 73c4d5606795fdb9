#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace handshaked::nginx {

/// A version of nginx. 0.0.0: not known.
struct NginxVersion {
  std::uint16_t major_number = 0;
  std::uint16_t minor_number = 0;
  std::uint16_t patch_number = 0;

  bool is_known() const { return *this != NginxVersion{}; }
  std::string text() const;
  auto operator<=>(const NginxVersion&) const = default;
};

/// "1.22.1", also "1.21.4.1" (OpenResty: the fourth number is its own). Unknown when it is none.
NginxVersion parse_version(std::string_view text);

}  // namespace handshaked::nginx
