#include "runtime/group/group_access.h"

#include <utility>

#include "engine/kafka/kafka_group.h"
#include "engine/kafka/kafka_source.h"
#include "engine/nats/nats_group.h"
#include "engine/nats/nats_publisher.h"
#include "runtime/network/engine_connections.h"

namespace handshaked::runtime {
namespace {

bool is_on_kafka(const config::Config& config) { return !config.kafka.empty(); }

Result<engine::NatsGroupOptions> nats_group_options(const config::Config& config) {
  if (const std::string why = engine::why_no_nats(); !why.empty())
    return fail(ErrorCode::invalid_configuration, why);
  const config::NatsSource& source = config.nats.front();
  engine::NatsGroupOptions options;
  TRY(options.connection, nats_options(source.servers));
  options.group = config.group.name;
  options.lines = source.stream;
  options.line_subjects = config::subjects_of_all(config);
  options.partitions = config.group.partitions;
  options.replicas = config.group.replicas;
  return options;
}

Result<engine::KafkaGroupOptions> kafka_group_options(const config::Config& config) {
  if (const std::string why = engine::why_no_kafka(); !why.empty())
    return fail(ErrorCode::invalid_configuration, why);
  const config::KafkaSource& source = config.kafka.front();
  engine::KafkaGroupOptions options;
  TRY(options.connection, kafka_options(source.brokers));
  options.group = config.group.name;
  options.topic = config::group_topic(config.group);
  options.lines = source.topics.front();
  options.partitions = config.group.partitions;
  options.replicas = config.group.replicas;
  return options;
}

}  // namespace

Result<std::unique_ptr<engine::GroupEngine>> open_group(const config::Config& config) {
  if (is_on_kafka(config)) {
    TRY(auto options, kafka_group_options(config));
    return engine::make_kafka_group(std::move(options));
  }
  TRY(auto options, nats_group_options(config));
  return engine::make_nats_group(std::move(options));
}

Result<std::vector<engine::GroupPart>> set_up_parts(const config::Config& config, bool may_make) {
  if (is_on_kafka(config)) {
    TRY(const auto options, kafka_group_options(config));
    return engine::set_up_kafka_group(options, may_make);
  }
  TRY(const auto options, nats_group_options(config));
  return engine::set_up_nats_group(options, may_make);
}

Result<std::vector<std::string>> unread_lines(const config::Config& config) {
  if (is_on_kafka(config)) {
    TRY(const auto options, kafka_group_options(config));
    return engine::kafka_partitions_of_nobody(options);
  }
  TRY(const auto options, nats_group_options(config));
  return engine::subjects_of_no_partition(options);
}

}  // namespace handshaked::runtime
