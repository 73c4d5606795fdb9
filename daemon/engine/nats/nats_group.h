#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/group_engine.h"
#include "engine/nats/nats_options.h"

namespace handshaked::engine {

struct NatsGroupOptions {
  NatsOptions connection;
  std::string group;
  std::string lines;          ///< the stream of the lines
  std::string line_subjects;  ///< of all partitions: "nginx.lines.*.>"
  std::uint32_t partitions = 1;
  std::uint32_t replicas = 3;
};

/// The streams of a group in JetStream: HANDSHAKED_<group> with a subject for each partition's log,
/// and the bucket HANDSHAKED_<group>.
std::unique_ptr<GroupEngine> make_nats_group(NatsGroupOptions options);

/// Looks for what the group needs, and makes what is missing, if it may. Changes nothing that is
/// there.
Result<std::vector<GroupPart>> set_up_nats_group(const NatsGroupOptions& options, bool may_make);
/// Subjects of the stream of lines that no partition reads: where `line_subjects` has its "*" they
/// have no number below `partitions`. A few of them.
Result<std::vector<std::string>> subjects_of_no_partition(const NatsGroupOptions& options);

}  // namespace handshaked::engine
