// In place of what needs librdkafka, where the program is built without it (HANDSHAKED_KAFKA=OFF).
#include "engine/kafka/kafka_group.h"
#include "engine/kafka/kafka_publisher.h"
#include "engine/kafka/kafka_source.h"

namespace handshaked::engine {
namespace {

auto no_kafka() { return fail(ErrorCode::invalid_configuration, why_no_kafka()); }

}  // namespace

std::unique_ptr<Source> make_kafka_source(KafkaSourceOptions) { return nullptr; }
Result<> check_kafka_properties(const KafkaSourceOptions&) { return no_kafka(); }
Result<> try_kafka_source(const KafkaSourceOptions&) { return no_kafka(); }
std::unique_ptr<Publisher> make_kafka_publisher(KafkaPublisherOptions) { return nullptr; }
Result<> check_kafka_publisher(const KafkaPublisherOptions&) { return no_kafka(); }
Result<> try_kafka_publisher(const KafkaPublisherOptions&) { return no_kafka(); }
std::unique_ptr<GroupEngine> make_kafka_group(KafkaGroupOptions) { return nullptr; }
Result<std::vector<GroupPart>> set_up_kafka_group(const KafkaGroupOptions&, bool) {
  return no_kafka();
}
Result<std::vector<std::string>> kafka_partitions_of_nobody(const KafkaGroupOptions&) {
  return no_kafka();
}
std::string why_no_kafka() {
  return "this program was built without Kafka; the one of the Debian package has it";
}

}  // namespace handshaked::engine
