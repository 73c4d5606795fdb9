#pragma once

#include <string>
#include <vector>

#include "diagnose/upstream/upstream_case.h"

namespace handshaked::diagnose {

/// Files of this place (configuration, trust, CRL, client certificate) that were written after the running nginx read its configuration:
/// what nginx works with is then not what is on the disk. Empty when nobody knows when that was.
std::vector<std::string> files_written_since_load(const UpstreamCase& upstream);

}  // namespace handshaked::diagnose
