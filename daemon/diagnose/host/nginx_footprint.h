#pragma once

#include <optional>
#include <string>

#include "diagnose/host/nginx_at_hand.h"

namespace handshaked::diagnose {

/// By which two looks at nginx are told apart: its configuration files, the files that TLS
/// directives name, the directories from which is included (a pattern may find a new file there),
/// and when nginx loaded all that. Costs a stat(2) a file.
struct NginxFootprint {
  std::string text;          ///< equal: nothing has changed in between
  Time newest_change{};      ///< of any of these, whatever changed about it
  bool awaits_load = false;  ///< a file of them says something that the running nginx does not know
                             ///< yet: LoadState::not_loaded

  bool operator==(const NginxFootprint& other) const { return text == other.text; }
};
NginxFootprint footprint_of(const NginxAtHand& nginx, const std::optional<LoadTime>& loaded_at,
                            Time now);

/// read_nginx(), and again when something was written while it read, so that what it has belongs
/// together.
Result<NginxAtHand> read_nginx_whole(const NginxPlace& place);

}  // namespace handshaked::diagnose
