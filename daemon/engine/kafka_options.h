#pragma once

#include <map>
#include <string>
#include <vector>

namespace handshaked::engine {

/// Properties of librdkafka, by its names.
using KafkaProperties = std::map<std::string, std::string>;

/// How brokers of Kafka are reached. Holds secrets, which are never logged.
struct KafkaOptions {
  std::vector<std::string> brokers;  ///< "HOST:PORT"
  KafkaProperties properties;        ///< "security.protocol", "sasl.password"
};

}  // namespace handshaked::engine
