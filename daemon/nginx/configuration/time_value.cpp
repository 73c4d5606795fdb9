#include "nginx/configuration/time_value.h"

#include <array>
#include <cstdint>

namespace handshaked::nginx {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

/// From the largest on: nginx wants them in this order, each once.
constexpr std::array<Unit, 8> kUnits{{{"y", 31'536'000'000},
                                      {"M", 2'592'000'000},
                                      {"w", 604'800'000},
                                      {"d", 86'400'000},
                                      {"h", 3'600'000},
                                      {"m", 60'000},
                                      {"s", 1'000},
                                      {"ms", 1}}};
constexpr std::int64_t kLongest = 100 * 31'536'000'000;

std::size_t unit_index(std::string_view name) {
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    if (kUnits[i].name == name) return i;
  }
  return kUnits.size();
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_time_value(std::string_view text) {
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t number = 0;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
      number = number * 10 + (text[digits++] - '0');
      if (number > kLongest) return std::nullopt;
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    std::size_t letters = text.starts_with("ms") ? 2 : text.empty() || text.front() == ' ' ? 0 : 1;
    const std::size_t unit = letters == 0 ? unit_index("s") : unit_index(text.substr(0, letters));
    if (unit == kUnits.size() || unit < next_unit) return std::nullopt;
    next_unit = unit + 1;
    text.remove_prefix(letters);
    while (text.starts_with(' ')) text.remove_prefix(1);
    if (number > kLongest / kUnits[unit].milliseconds) return std::nullopt;
    total += number * kUnits[unit].milliseconds;
    if (total > kLongest) return std::nullopt;
  }
  return std::chrono::milliseconds(total);
}

}  // namespace handshaked::nginx
