#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/kafka/kafka_options.h"
#include "engine/source.h"

namespace handshaked::engine {

struct KafkaSourceOptions {
  KafkaOptions connection;
  std::vector<std::string> topics;
  std::string group = "handshaked";
  /// This partition of each topic is read, whatever the group's members have: who may do so is
  /// known otherwise. Nothing: the group says.
  std::optional<std::int32_t> partition;
  bool from_start =
      false;  ///< partitions that nobody has read begin at their beginning, not at their end
  /// As the database has it; nothing: never read.
  std::optional<std::string> position;
};

/// The messages of topics of Kafka, as a member of a consumer group. Its position is the next
/// offset of each partition that it has read; when a partition becomes ours, reading goes on there,
/// or where the group has committed more: another member had it meanwhile. With a `partition` of
/// its own the position alone counts, and the group keeps offsets only for those who ask how much
/// is unread.
std::unique_ptr<Source> make_kafka_source(KafkaSourceOptions options);

/// Fails with the first property that librdkafka does not know, or whose value it refuses. Connects
/// to nobody.
Result<> check_kafka_properties(const KafkaSourceOptions& options);
/// Connects, and asks for the topics. Fails with what an operator has to put right.
Result<> try_kafka_source(const KafkaSourceOptions& options);

/// Empty; or why this program cannot speak to Kafka at all.
std::string why_no_kafka();

}  // namespace handshaked::engine
