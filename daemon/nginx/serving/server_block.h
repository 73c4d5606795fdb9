#pragma once

#include <vector>

#include "nginx/configuration/configuration.h"
#include "nginx/serving/listen_address.h"
#include "nginx/serving/server_names.h"

namespace handshaked::nginx {

/// A server block of http, stream or mail: its names and its sockets. Borrows from the Configuration.
struct ServerBlock {
  const Directive* directive = nullptr;
  ServerNames names;
  std::vector<ListenAddress> listens;

  explicit ServerBlock(const Directive& server) : directive(&server), names(server_names(server)), listens(listen_addresses(server)) {}
};

}  // namespace handshaked::nginx
