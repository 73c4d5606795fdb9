#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "receive/record/field_names.h"

namespace handshaked::config {

/// [[files]]: log files to follow.
struct FileSource {
  std::vector<std::string> paths{
      "/var/log/nginx/*error*.log"};  ///< globs; rotated siblings are found by themselves
  bool discover = true;  ///< also every error_log of the configuration that nginx uses; off where
                         ///< `paths` are given
  std::string time_zone = "local";  ///< nginx prints none
  bool from_start = false;          ///< what is there at the first start, too

  bool operator==(const FileSource&) const = default;
};

/// [[journal]]: the systemd journal of this host, or journal files of others.
struct JournalSource {
  std::string name;
  std::vector<std::string> units{
      "nginx.service"};  ///< whose entries are read; a name of the journal's field _SYSTEMD_UNIT
  std::vector<std::string> identifiers;  ///< of containers and other programs: SYSLOG_IDENTIFIER.
                                         ///< Whoever may log can take any
  std::string directory;                 ///< empty: this host's journal
  std::string time_zone = "local";
  std::string host;         ///< of entries that name none
  bool from_start = false;  ///< what is there at the first start, too

  bool operator==(const JournalSource&) const = default;
};

/// What all sources that listen have in common.
struct NetworkSource {
  std::string name;                 ///< in our log, in counters, of the saved position
  std::vector<std::string> listen;  ///< addresses: net/endpoint.h
  std::vector<std::string> allow;   ///< networks of senders; empty: all who can connect
  bool open_to_all = false;         ///< listens beyond loopback although nothing says who may send
  std::string time_zone = "local";  ///< of lines that carry none
  std::string host;                 ///< of lines that name none; empty: the sender's address
  bool sender_names_host =
      true;  ///< false: the host is `host`, or the sender's address, whatever the lines say
  std::string certificate, key;  ///< for tls addresses
  std::string client_ca;         ///< senders must show a certificate
  std::uint32_t max_connections = 1000;
  int socket_mode = 0660;                     ///< of Unix sockets
  std::chrono::milliseconds silent_after{0};  ///< say so when nothing came for so long; 0: never

  bool operator==(const NetworkSource&) const = default;
};

/// [[syslog]]
struct SyslogSource {
  NetworkSource network;
  std::uint32_t max_message = 64 * 1024;  ///< bytes; longer ones are cut
  std::uint32_t max_datagram = 8 * 1024;
  std::chrono::milliseconds idle_timeout{std::chrono::hours(1)};

  bool operator==(const SyslogSource&) const = default;
};

/// [[http]]
struct HttpSource {
  NetworkSource network;
  std::vector<std::string> token_files;  ///< each holds one; several while they are exchanged
  receive::FieldNames fields;
  std::vector<std::string> journal_units{
      "nginx.service"};  ///< of what systemd-journal-upload sends: whose entries are read
  std::vector<std::string> journal_identifiers;  ///< the same by SYSLOG_IDENTIFIER
  std::uint32_t max_body_mib = 64;
  std::chrono::milliseconds idle_timeout{75'000};

  bool operator==(const HttpSource&) const = default;
};

/// [[forward]]: Fluentd's Forward protocol.
struct ForwardSource {
  NetworkSource network;
  receive::FieldNames fields;
  std::string shared_key_file;             ///< empty: no handshake is asked for
  std::string users_file;                  ///< lines NAME:PASSWORD; goes with shared_key_file
  std::uint32_t max_record = 1024 * 1024;  ///< bytes; larger ones are skipped
  std::chrono::milliseconds idle_timeout{std::chrono::hours(1)};

  bool operator==(const ForwardSource&) const = default;
};

/// [[lumberjack]]: Beats, Elastic Agent, logstash-forwarder.
struct LumberjackSource {
  NetworkSource network;
  receive::FieldNames fields;
  std::uint32_t max_record = 1024 * 1024;
  std::chrono::milliseconds idle_timeout{std::chrono::hours(1)};

  bool operator==(const LumberjackSource&) const = default;
};

/// [[edge]]: daemons on other hosts that push their incidents here. `network.silent_after` counts
/// for each of them.
struct EdgeSource {
  NetworkSource network;
  std::vector<std::string>
      token_files;  ///< each holds one token a line; several while they are exchanged

  bool operator==(const EdgeSource&) const = default;
};

/// [labels]: what this host is labelled with, for the daemon that it reports to.
using Labels = std::map<std::string, std::string>;

/// What sources that read from an engine have in common.
struct EngineSource {
  std::string name;                 ///< in our log, in counters, of the saved position
  std::string time_zone = "local";  ///< of lines that carry none
  std::string host;                 ///< of lines that name none
  bool is_host_in_key = false;  ///< the last word of the subject, or the message's key, is the host
  bool from_start = false;      ///< what is there at the first start, too
  receive::FieldNames fields;   ///< of messages that are JSON
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

/// How brokers of Kafka are reached: of a [[kafka]] source and of a receiver of that type.
struct KafkaBrokers {
  std::vector<std::string> addresses;             ///< "kafka-1.example.com:9093"
  std::map<std::string, std::string> properties;  ///< as librdkafka names them: "security.protocol"
  std::map<std::string, std::string>
      secret_files;  ///< properties whose values are secrets: "sasl.password"

  bool operator==(const KafkaBrokers&) const = default;
};

/// [[kafka]]
struct KafkaSource {
  EngineSource engine;
  KafkaBrokers brokers;
  std::vector<std::string> topics;
  std::string group = "handshaked";
  bool carries_edges = false;             ///< messages of edges, and no lines
  std::optional<std::int32_t> partition;  ///< of a worker of a group: the only one that it reads

  bool operator==(const KafkaSource&) const = default;
};

}  // namespace handshaked::config
