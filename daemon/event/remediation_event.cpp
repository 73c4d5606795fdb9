#include "event/remediation_event.h"

#include <algorithm>
#include <array>

namespace handshaked::event {
namespace {

constexpr std::array<std::string_view, 5> kKinds{"opened", "reopened", "diagnosed", "updated",
                                                 "resolved"};  // in the order of EventKind

}  // namespace

std::string_view to_string(EventKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<EventKind> event_kind_from_string(std::string_view name) {
  const auto it = std::find(kKinds.begin(), kKinds.end(), name);
  if (it == kKinds.end()) return std::nullopt;
  return static_cast<EventKind>(it - kKinds.begin());
}

}  // namespace handshaked::event
