#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "receive/record/field_names.h"

namespace handshaked::config {

/// What sources that read from an engine have in common.
struct EngineSource {
  std::string name;                           ///< in our log, in counters, of the saved position
  std::string time_zone = "local";            ///< of lines that carry none
  std::string host;                           ///< of lines that name none
  bool is_host_in_key = false;                ///< the last word of the subject, or the message's key, is the host
  bool from_start = false;                    ///< what is there at the first start, too
  receive::FieldNames fields;                 ///< of messages that are JSON
  std::chrono::milliseconds silent_after{0};  ///< say so when nothing came for so long; 0: never

  bool operator==(const EngineSource&) const = default;
};

/// How servers of NATS are reached: of a [[nats]] source and of a receiver of that type.
struct NatsServers {
  std::vector<std::string> servers;                     ///< "nats://host:4222", "tls://host:4222"
  std::string ca_file, client_certificate, client_key;  ///< TLS, PEM
  std::string credentials_file;                         ///< a .creds file
  std::string nkey, nkey_file;                          ///< public key; file of its seed
  std::string user, password_file, token_file;

  bool operator==(const NatsServers&) const = default;
};

/// [[nats]]
struct NatsSource {
  EngineSource engine;
  NatsServers servers;
  std::string stream, subject;
  std::string consumer = "handshaked";
  bool carries_edges = false;  ///< messages of edges, and no lines

  bool operator==(const NatsSource&) const = default;
};

/// [[kafka]]
struct KafkaSource {
  EngineSource engine;
  std::vector<std::string> brokers, topics;
  std::string group = "handshaked";
  std::optional<std::int32_t> partition;            ///< of a worker of a group: the only one that it reads
  std::map<std::string, std::string> properties;    ///< as librdkafka names them: "security.protocol"
  std::map<std::string, std::string> secret_files;  ///< properties whose values are secrets: "sasl.password"

  bool operator==(const KafkaSource&) const = default;
};

}  // namespace handshaked::config
