#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nginx/configuration/configuration.h"
#include "nginx/serving/address.h"
#include "nginx/serving/server_names.h"

namespace handshaked::nginx {

/// One `listen` of a server block, or the one that nginx adds to an http server without any (*:80).
struct ListenAddress {
  const Directive* directive = nullptr;  ///< nullptr: added by nginx
  Address address;
  std::string
      key;  ///< the same for the same socket: "0.0.0.0:443" for "443", "*:443" and "0.0.0.0:443"
  bool is_ssl = false;
  bool is_quic = false;
  bool is_http2 = false;
  bool is_proxy_protocol = false;
  bool is_default_server = false;
  bool is_udp = false;
};

/// What a server listens on; what nginx refuses is left out.
std::vector<ListenAddress> listen_addresses(const Directive& server);

/// Is `local` ("10.0.0.1:443", as nginx logs it) this socket, or one of those it stands for (any
/// address, a range of ports)?
bool covers(const ListenAddress& listen, const Address& local);

/// A server block of http, stream or mail: its names and its sockets. Borrows from the
/// Configuration.
struct ServerBlock {
  const Directive* directive = nullptr;
  ServerNames names;
  std::vector<ListenAddress> listens;

  explicit ServerBlock(const Directive& server)
      : directive(&server), names(server_names(server)), listens(listen_addresses(server)) {}
};

}  // namespace handshaked::nginx
