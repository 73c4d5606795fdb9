#include "config/router.h"

namespace handshaked::config {

notify::Router make_router(const Config& config) {
  std::vector<notify::ReceiverPolicy> policies;
  for (const Receiver& receiver : config.receivers) {
    const bool reminds_itself = receiver.type == Receiver::Type::pagerduty || receiver.type == Receiver::Type::alertmanager;
    policies.push_back({.name = receiver.name, .for_people = receiver.is_for_people(), .repeats = !reminds_itself});
  }
  std::vector<notify::Route> routes;
  for (const ConfiguredRoute& configured : config.routing.routes) routes.push_back(configured.route);
  return notify::Router(std::move(routes), std::move(policies), config.group_wait);
}

}  // namespace handshaked::config
