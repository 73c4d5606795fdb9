#pragma once

#include <string>
#include <vector>

#include "engine/nats/nats_connection.h"

namespace handshaked::engine {

// Where the state of a group stands in JetStream: a stream with a subject for the log of each
// partition, and a key-value bucket, which is a stream as well.

std::string state_stream(const std::string& group);
std::string log_subject(const std::string& group, const std::string& partition);
std::string bucket_name(const std::string& group);
std::string bucket_stream(const std::string& group);
std::string key_subject(const std::string& group, const std::string& key);

/// A stream as it is now, with the subjects that it has messages of and that match `subjects`; null
/// where there is none.
Result<NatsOwned<jsStreamInfo>> find_group_stream(NatsConnection& connection,
                                                  const std::string& name,
                                                  const std::string& subjects = {});
std::vector<std::string> subjects_in(const jsStreamInfo& stream);
/// What it means for a group that one is missing.
Error missing_stream(const std::string& name);

}  // namespace handshaked::engine
