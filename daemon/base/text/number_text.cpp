#include "base/text/number_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace handshaked {
namespace {

std::string separated(std::string digits) {
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

}  // namespace

std::string with_separators(std::uint64_t number) { return separated(std::to_string(number)); }

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return with_separators(number) + " " + std::string(number == 1 ? one : many);
}

std::string rate_text(double lines_a_minute) {
  if (!(lines_a_minute > 0)) return "0";
  if (lines_a_minute < 0.05) return "<0.1";
  char text[32];
  const bool is_small = lines_a_minute < 9.95;
  std::snprintf(text, sizeof text, is_small ? "%.1f" : "%.0f", std::min(lines_a_minute, 1e15));
  return is_small ? std::string(text) : separated(text);
}

std::string percent(double share) {
  if (!std::isfinite(share)) return "?";
  const double value = std::clamp(share, 0.0, 1.0) * 100;
  char text[16];
  std::snprintf(text, sizeof text, value > 0 && value < 1 ? "%.1f%%" : "%.0f%%", value);
  return text;
}

}  // namespace handshaked
