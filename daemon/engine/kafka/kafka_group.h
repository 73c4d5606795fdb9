#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/group_engine.h"
#include "engine/kafka/kafka_options.h"

namespace handshaked::engine {

struct KafkaGroupOptions {
  KafkaOptions connection;
  std::string group;  ///< the consumer group whose offsets say how much of the lines is unread
  std::string
      topic;  ///< of what the workers keep: a partition for each of the lines', and one for keys
  std::string lines;             ///< the topic of the lines
  std::uint32_t partitions = 1;  ///< of the lines
  std::uint32_t replicas = 3;
};

/// A group on a topic of Kafka. What counts of what is written there, the order of its records says
/// (log_group.h): no transactions, no compaction.
std::unique_ptr<GroupEngine> make_kafka_group(KafkaGroupOptions options);

/// Looks for the topics that the group needs, and makes what is missing, if it may. Changes nothing
/// that is there.
Result<std::vector<GroupPart>> set_up_kafka_group(const KafkaGroupOptions& options, bool may_make);
/// Partitions of the lines that no worker reads: "nginx-errors/3". A few of them.
Result<std::vector<std::string>> kafka_partitions_of_nobody(const KafkaGroupOptions& options);

}  // namespace handshaked::engine
