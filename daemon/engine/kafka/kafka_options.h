#pragma once

#include <chrono>
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
  /// How long brokers may take to say something, and to tell settings, which not all of them do.
  std::chrono::milliseconds ask_timeout{5000}, settings_timeout{3000};
};

}  // namespace handshaked::engine
