#pragma once

#include <memory>

#include "engine/kafka/kafka_group.h"
#include "engine/record_log.h"

namespace handshaked::engine {

/// The topic of a group in Kafka. A record is there when all replicas that are in sync have it.
/// Reads of one partition come one behind the other, those of several may overlap.
std::unique_ptr<RecordLog> make_kafka_records(KafkaGroupOptions options);

}  // namespace handshaked::engine
