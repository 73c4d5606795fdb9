#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

#include "net/endpoint.h"

namespace handshaked::net {

/// A socket that systemd opened and holds for us (a .socket unit; sd_listen_fds(3)): it outlives
/// us, and its port may be one below 1024.
struct InheritedSocket {
  int descriptor = -1;
  std::string name;      ///< FileDescriptorName= of the unit; the unit's own name if it gives none
  Endpoint endpoint;     ///< where it is bound, as getsockname(2) says; never tls, which nobody can
                         ///< see on a socket
  bool listens = false;  ///< takes connections or datagrams; false: a connection that was made
                         ///< already (Accept=yes)
  bool is_taken = false;
};

/// Those of this process. The first call asks systemd's environment and keeps the sockets from
/// programs that are started later; it and the others belong to the start, when there is one
/// thread.
std::vector<InheritedSocket>& inherited_sockets();

/// Where `descriptor` is bound; `text` is an address as parse_endpoint() reads it. A socket of
/// another family has an empty text.
Endpoint bound_endpoint(int descriptor);

}  // namespace handshaked::net
