#pragma once

#include <string>

#include "diagnose/case/surroundings.h"
#include "diagnose/diagnosis.h"
#include "diagnose/patch/configuration_patch.h"

namespace handshaked::diagnose {

/// Tries a patch with `nginx -t` on a copy of the configuration. Refused: refuted, with nginx's own
/// complaint. Accepted: that is added to the detail, and when loading is all that was at fault
/// (`is_load_fault`), an untested `so_far` becomes proved. Where nginx is not here, or the
/// configuration is another host's: `so_far` with the reason.
Proof prove_by_load(const ConfigurationPatch& patch, const Surroundings& surroundings, Proof so_far,
                    bool is_load_fault);

/// What `nginx -t` says to the configuration as it is now.
struct LoadVerdict {
  bool was_tried = false;
  bool is_accepted = false;
  std::string complaint;  ///< when refused
};
LoadVerdict load_now(const Surroundings& surroundings);

}  // namespace handshaked::diagnose
