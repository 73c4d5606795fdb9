#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "engine/kafka/kafka_options.h"
#include "engine/kafka/kafka_publisher.h"
#include "engine/nats/nats_options.h"
#include "engine/source.h"

namespace handshaked::runtime {

/// How servers are reached, with the secrets that the configuration names. Fails when one cannot be
/// read, in words without it.
Result<engine::NatsOptions> nats_options(const config::NatsServers& servers);
Result<engine::KafkaOptions> kafka_options(const config::KafkaBrokers& brokers);
Result<engine::KafkaPublisherOptions> kafka_publisher_options(const config::Receiver& receiver);

/// What reads a configured source from its engine, on from `position`. Connects when it is polled
/// first.
Result<std::unique_ptr<engine::Source>> make_engine_source(const config::NatsSource& source,
                                                           std::optional<std::string> position);
Result<std::unique_ptr<engine::Source>> make_engine_source(const config::KafkaSource& source,
                                                           std::optional<std::string> position);

/// Does it name a credential that was handed to the service alone (secret_path.h)?
bool has_secret_out_of_reach(const config::NatsServers& servers);
bool has_secret_out_of_reach(const config::KafkaBrokers& brokers);

/// Why nothing would come from a configured engine, or go to it: what `check` says of sources and
/// receivers. Connects, and changes nothing. Secrets that are out of reach (secret_path.h) leave
/// their engine out.
std::vector<std::string> engine_problems(const config::Config& config);

}  // namespace handshaked::runtime
