#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "engine/group_engine.h"

namespace handshaked::runtime {

// Of a configuration that has a [group]: what it has from its engine, NATS or Kafka. Each fails
// with invalid_configuration where this program cannot speak to that engine.

Result<std::unique_ptr<engine::GroupEngine>> open_group(const config::Config& config);
/// What the engine has of what the group needs; makes what is missing, if it may. Changes nothing
/// that is there.
Result<std::vector<engine::GroupPart>> set_up_parts(const config::Config& config, bool may_make);
/// Subjects, or partitions of the topic, with lines that no worker will ever read: of other numbers
/// than the partitions'. A few of them.
Result<std::vector<std::string>> unread_lines(const config::Config& config);

}  // namespace handshaked::runtime
