#include "receive/json_candidates.h"

#include <algorithm>
#include <cstring>

namespace handshaked::receive {
namespace {

constexpr auto npos = std::string_view::npos;

/// The next "\u00" that stands for a printable ASCII character.
std::size_t find_spelled_letter(std::string_view json, std::size_t from) {
  static constexpr std::string_view kEscape = "\\u00";
  while (from < json.size()) {
    const void* const found = memmem(json.data() + from, json.size() - from, kEscape.data(), kEscape.size());
    if (found == nullptr) return npos;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - json.data());
    const std::size_t digit = at + kEscape.size();
    if (digit < json.size() && json[digit] >= '2' && json[digit] <= '7') return at;
    from = digit;
  }
  return npos;
}

}  // namespace

std::size_t find_json_candidate(const Intake& intake, std::string_view json, std::size_t from) {
  const std::size_t candidate = intake.find_candidate(json, from);
  // Only what lies in front of the candidate can come earlier.
  return std::min(candidate, find_spelled_letter(json.substr(0, std::min(candidate, json.size())), from));
}

}  // namespace handshaked::receive
