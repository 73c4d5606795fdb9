#include "nginx/nginx_version.h"

#include <array>
#include <charconv>

namespace handshaked::nginx {

std::string NginxVersion::text() const {
  return std::to_string(major_number) + "." + std::to_string(minor_number) + "." +
         std::to_string(patch_number);
}

NginxVersion parse_version(std::string_view text) {
  std::array<std::uint16_t, 3> numbers{};
  const char* position = text.data();
  const char* const end = position + text.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) {
      if (position == end || *position != '.') return {};
      ++position;
    }
    const auto parsed = std::from_chars(position, end, numbers[i]);
    if (parsed.ec != std::errc{}) return {};
    position = parsed.ptr;
  }
  return {numbers[0], numbers[1], numbers[2]};
}

}  // namespace handshaked::nginx
