#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "correlate/incident.h"
#include "event/remediation_event.h"

namespace handshaked::notify {

/// One notification for one receiver, decided and due. The incidents are borrowed: valid until the dispatcher or the correlator
/// is called again.
struct Notice {
  std::string receiver;
  event::EventKind kind = event::EventKind::opened;
  std::uint32_t number = 1;                       ///< with incident and kind it makes the event's id, the same after a crash and a replay
  const correlate::Incident* incident = nullptr;  ///< the one that it is about, or the worst of several
  bool is_correction = false;                     ///< a diagnosis in the place of another one that this receiver has heard
  std::vector<std::string> silenced_by = {};

  // What follows is for groups of several incidents only.
  bool is_grouped = false;
  std::string group = {};                                  ///< "cause=upstream_ca_not_trusted"
  std::string anchor = {};                                 ///< the incident that the group began with: order is kept by it
  std::vector<const correlate::Incident*> incidents = {};  ///< all that it tells of, the worst first; at most kMostListed
  std::size_t open_count = 0, resolved_count = 0;
  static constexpr std::size_t kMostListed = 100;
};

}  // namespace handshaked::notify
