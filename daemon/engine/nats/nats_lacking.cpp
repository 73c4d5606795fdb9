// In place of what needs libnats: with HANDSHAKED_NATS=OFF, and in the portable program
// (systemd/portable/).
#include "engine/nats/nats_group.h"
#include "engine/nats/nats_publisher.h"
#include "engine/nats/nats_source.h"

namespace handshaked::engine {
namespace {

auto no_nats() { return fail(ErrorCode::invalid_configuration, why_no_nats()); }

}  // namespace

struct NatsPublisher::Connection {};

std::unique_ptr<Source> make_nats_source(NatsSourceOptions) { return nullptr; }
Result<> try_nats_source(const NatsSourceOptions&) { return no_nats(); }
NatsPublisher::NatsPublisher(NatsOptions, std::vector<std::string>, std::string) {}
NatsPublisher::~NatsPublisher() = default;
Result<> NatsPublisher::publish(const Publication&) { return no_nats(); }
void NatsPublisher::close() {}
Result<> try_nats_publisher(const NatsOptions&, const std::vector<std::string>&,
                            const std::string&) {
  return no_nats();
}
std::unique_ptr<GroupEngine> make_nats_group(NatsGroupOptions) { return nullptr; }
Result<std::vector<GroupPart>> set_up_nats_group(const NatsGroupOptions&, bool) {
  return no_nats();
}
Result<std::vector<std::string>> subjects_of_no_partition(const NatsGroupOptions&) {
  return no_nats();
}
std::string why_no_nats() {
  return "this program was built without NATS; the one of the Debian package has it";
}

}  // namespace handshaked::engine
