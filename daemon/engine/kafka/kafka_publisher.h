#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/kafka/kafka_options.h"
#include "engine/publisher.h"

namespace handshaked::engine {

struct KafkaPublisherOptions {
  KafkaOptions connection;
  std::string topic;
  std::uint32_t partitions = 1;               ///< that publications name
  std::chrono::milliseconds timeout{10'000};  ///< of one publish
  bool carries_edges = false;                 ///< messages of one key do not replace one another
};

/// Puts messages into a topic of Kafka, each acknowledged by all replicas that are in sync. The
/// producer is idempotent: what it sends again by itself is there once. What is published again
/// after a failure may be there twice, under one id.
std::unique_ptr<Publisher> make_kafka_publisher(KafkaPublisherOptions options);

/// Fails with the first property that librdkafka does not know, or whose value it refuses. Connects
/// to nobody.
Result<> check_kafka_publisher(const KafkaPublisherOptions& options);
/// Connects, and asks for the topic. Fails with what an operator has to put right.
Result<> try_kafka_publisher(const KafkaPublisherOptions& options);

}  // namespace handshaked::engine
