#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/preflight/preflight_verb.h"
#include "diagnose/preflight/planned_change.h"
#include "diagnose/preflight/planned_files.h"

namespace handshaked::cli {

/// Reads and checks what the options name. The first thing that is wrong is the failure, one
/// sentence. `now` decides what is past.
Result<diagnose::PlannedChange> read_change(const PreflightOptions& options, Time now);

/// --root [PREFIX=]DIR. Fails where a directory is not there.
Result<std::vector<diagnose::RootedFiles::Root>> read_roots(const std::vector<std::string>& roots);

/// "2027-03-01", "2027-03-01T12:30:00Z"; without a time midnight. UTC.
Result<Time> read_date(const std::string& text);

}  // namespace handshaked::cli
