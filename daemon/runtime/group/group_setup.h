#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "engine/group_engine.h"

namespace handshaked::runtime {

/// Looks for what a group needs in its engine and makes what is missing, if it may: streams and a
/// bucket, or topics, and in it the settings that all workers have in common. Changes nothing that
/// is there. Fails where the group was set up with other settings.
Result<std::vector<engine::GroupPart>> set_up_group(const config::Config& config, bool may_make);

/// The JSON of `group` in status_json(), as the engine says it now.
Result<std::string> group_now(const config::Config& config);

/// Why a worker of this group could not do what it is for: a sentence each. Asks the engine,
/// changes nothing.
std::vector<std::string> group_problems(const config::Config& config);

}  // namespace handshaked::runtime
