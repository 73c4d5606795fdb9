#include "receive/record/json_candidates.h"

#include <algorithm>
#include <cstring>

namespace handshaked::receive {
namespace {

constexpr auto npos = std::string_view::npos;

/// The next "\u00" that stands for a printable ASCII character.
std::size_t find_spelled_letter(std::string_view json, std::size_t from) {
  // From backslash to backslash: a line has a handful, and that is a little faster than memmem() for all four bytes.
  while (from < json.size()) {
    const void* const found = std::memchr(json.data() + from, '\\', json.size() - from);
    if (found == nullptr) return npos;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - json.data());
    const std::string_view escape = json.substr(at + 1, 4);
    if (escape.size() == 4 && escape.starts_with("u00") && escape[3] >= '2' && escape[3] <= '7') return at;
    from = at + 1;
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
