#pragma once

#include <string>
#include <vector>

#include "notify/maintenance.h"
#include "notify/route.h"

namespace handshaked::config {

/// One [[route]], and where it stands.
struct ConfiguredRoute {
  notify::Route route;
  std::string file;
  unsigned line = 0;
};

/// What says who is told what and when: [[route]] and [[maintenance]], in order.
struct Routing {
  std::vector<ConfiguredRoute> routes;
  std::vector<notify::MaintenanceWindow> maintenance;
};

}  // namespace handshaked::config
