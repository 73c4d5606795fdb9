#include "engine/nats/subject_pattern.h"

namespace handshaked::engine {
namespace {

/// The first word; `rest` is what stands behind its dot, or ends.
std::string_view take_word(std::string_view& rest, bool& has_more) {
  const std::size_t dot = rest.find('.');
  const std::string_view word = rest.substr(0, dot);
  has_more = dot != std::string_view::npos;
  rest.remove_prefix(has_more ? dot + 1 : rest.size());
  return word;
}

}  // namespace

bool have_subjects_in_common(std::string_view first, std::string_view second) {
  for (bool first_goes_on = true, second_goes_on = true; first_goes_on && second_goes_on;) {
    const std::string_view one = take_word(first, first_goes_on);
    const std::string_view other = take_word(second, second_goes_on);
    if (one == ">" || other == ">") return true;
    if (one != other && one != "*" && other != "*") return false;
    if (first_goes_on != second_goes_on) return false;
  }
  return true;
}

}  // namespace handshaked::engine
