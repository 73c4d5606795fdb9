#include "runtime/network/engine_connections.h"

#include <algorithm>

#include "engine/kafka/kafka_source.h"
#include "engine/nats/nats_publisher.h"
#include "engine/nats/nats_source.h"
#include "runtime/delivery/secret_path.h"
#include "runtime/group/group_setup.h"

namespace handshaked::runtime {
namespace {

Result<engine::NatsSourceOptions> source_options(const config::NatsSource& source,
                                                 std::optional<std::string> position) {
  engine::NatsSourceOptions options;
  TRY(options.connection, nats_options(source.servers));
  options.stream = source.stream;
  options.subject = source.subject;
  options.consumer = source.consumer;
  options.from_start = source.engine.from_start;
  options.position = std::move(position);
  return options;
}

Result<engine::KafkaSourceOptions> source_options(const config::KafkaSource& source,
                                                  std::optional<std::string> position) {
  engine::KafkaSourceOptions options;
  TRY(options.connection, kafka_options(source.brokers));
  options.topics = source.topics;
  options.group = source.group;
  options.partition = source.partition;
  options.from_start = source.engine.from_start;
  options.position = std::move(position);
  return options;
}

Result<> try_nats(const config::NatsSource& source) {
  TRY(const auto options, source_options(source, {}));
  return engine::try_nats_source(options);
}

Result<> try_kafka(const config::KafkaSource& source) {
  TRY(const auto options, source_options(source, {}));
  return engine::try_kafka_source(options);
}

Result<> try_nats(const config::Receiver& receiver) {
  TRY(const auto options, nats_options(receiver.nats));
  return engine::try_nats_publisher(options, config::subjects_of(receiver), receiver.stream);
}

Result<> try_kafka(const config::Receiver& receiver) {
  TRY(const auto options, kafka_publisher_options(receiver));
  return engine::try_kafka_publisher(options);
}

}  // namespace

bool has_secret_out_of_reach(const config::KafkaBrokers& brokers) {
  return std::any_of(brokers.secret_files.begin(), brokers.secret_files.end(),
                     [](const auto& entry) { return is_out_of_reach(entry.second); });
}

bool has_secret_out_of_reach(const config::NatsServers& servers) {
  return is_out_of_reach(servers.credentials_file) || is_out_of_reach(servers.nkey_file) ||
         is_out_of_reach(servers.password_file) || is_out_of_reach(servers.token_file);
}

Result<engine::NatsOptions> nats_options(const config::NatsServers& servers) {
  engine::NatsOptions options;
  options.servers = servers.servers;
  options.ca_file = servers.ca_file;
  options.certificate_file = servers.client_certificate;
  options.key_file = servers.client_key;
  if (!servers.credentials_file.empty()) {
    TRY(options.credentials_file, secret_path(servers.credentials_file));
  }
  options.nkey = servers.nkey;
  if (!servers.nkey_file.empty()) {
    TRY(options.nkey_file, secret_path(servers.nkey_file));
  }
  options.user = servers.user;
  if (!servers.password_file.empty()) {
    TRY(options.password, read_secret(servers.password_file));
  }
  if (!servers.token_file.empty()) {
    TRY(options.token, read_secret(servers.token_file));
  }
  return options;
}

Result<engine::KafkaOptions> kafka_options(const config::KafkaBrokers& brokers) {
  engine::KafkaOptions options{.brokers = brokers.addresses, .properties = brokers.properties};
  for (const auto& [property, file] : brokers.secret_files) {
    TRY(options.properties[property], read_secret(file));
  }
  return options;
}

Result<engine::KafkaPublisherOptions> kafka_publisher_options(const config::Receiver& receiver) {
  engine::KafkaPublisherOptions options{.connection = {},
                                        .topic = receiver.topic,
                                        .partitions = receiver.partitions,
                                        .timeout = receiver.timeout,
                                        .carries_edges = receiver.speaks_as_edge};
  TRY(options.connection, kafka_options(receiver.kafka));
  return options;
}

Result<std::unique_ptr<engine::Source>> make_engine_source(const config::NatsSource& source,
                                                           std::optional<std::string> position) {
  if (const std::string why = engine::why_no_nats(); !why.empty())
    return fail(ErrorCode::invalid_configuration, why);
  TRY(auto options, source_options(source, std::move(position)));
  return engine::make_nats_source(std::move(options));
}

Result<std::unique_ptr<engine::Source>> make_engine_source(const config::KafkaSource& source,
                                                           std::optional<std::string> position) {
  TRY(auto options, source_options(source, std::move(position)));
  TRY(engine::check_kafka_properties(options));
  return engine::make_kafka_source(std::move(options));
}

std::vector<std::string> engine_problems(const config::Config& config) {
  std::vector<std::string> problems;
  const auto note = [&problems](const std::string& whose, const Result<>& tried) {
    if (!tried) problems.push_back(whose + ": " + tried.error().message());
  };
  const bool is_worker = !config.group.name.empty();
  const auto is_worker_ready = [&config] {
    return config.kafka.empty() ? !has_secret_out_of_reach(config.nats.front().servers)
                                : !has_secret_out_of_reach(config.kafka.front().brokers);
  };
  if (is_worker && is_worker_ready()) {
    problems = group_problems(config);
    const std::string whose = "group \"" + config.group.name + "\"";
    if (!config.kafka.empty() && problems.empty()) note(whose, try_kafka(config.kafka.front()));
    // Each has a consumer of its own; what is wrong for one is mostly wrong for all.
    for (std::uint32_t i = 0;
         config.kafka.empty() && i < config.group.partitions && problems.empty(); ++i) {
      config::Config partition = config;
      config::become_partition(partition, i);
      note(whose, try_nats(partition.nats.front()));
    }
  }
  for (const config::NatsSource& source : config.nats) {
    if (!is_worker && !has_secret_out_of_reach(source.servers))
      note("[[nats]] \"" + source.engine.name + "\"", try_nats(source));
  }
  for (const config::KafkaSource& source : config.kafka) {
    if (!is_worker && !has_secret_out_of_reach(source.brokers))
      note("[[kafka]] \"" + source.engine.name + "\"", try_kafka(source));
  }
  for (const config::Receiver& receiver : config.receivers) {
    const std::string whose = "receiver \"" + receiver.name + "\"";
    using Type = config::Receiver::Type;
    if (receiver.type == Type::nats && !has_secret_out_of_reach(receiver.nats))
      note(whose, try_nats(receiver));
    if (receiver.type == Type::kafka && !has_secret_out_of_reach(receiver.kafka))
      note(whose, try_kafka(receiver));
  }
  return problems;
}

}  // namespace handshaked::runtime
