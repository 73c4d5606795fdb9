#pragma once

#include <memory>

#include "base/result.h"
#include "config/config.h"
#include "engine/group_engine.h"
#include "telemetry/metrics.h"

namespace handshaked::runtime {

/// What all workers of a group have in common, as it is written at this key at its setup.
inline constexpr const char* kGroupSettings = "settings";
std::string group_settings(const config::Config& config);
/// Fails with invalid_configuration where the group was set up with other settings than these, with
/// not_found where it was not set up.
Result<> check_group_settings(engine::GroupEngine& engine, const config::Config& config);

/// A worker that is alive says so at a key of its own: which partition it has, and its version.
std::string worker_key(const std::string& worker);
std::string worker_text(std::optional<std::uint32_t> partition);

/// Who has what, and how much waits, as the engine says. `now` by the servers' clock where it is
/// known. A worker that has not been heard from for seven days is forgotten.
Result<telemetry::GroupMetrics> look_at_group(engine::GroupEngine& engine,
                                              const config::Config& config, Time now);

}  // namespace handshaked::runtime
