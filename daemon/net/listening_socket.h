#pragma once

#include <string>
#include <vector>

#include <sys/socket.h>

#include "base/result.h"
#include "net/endpoint.h"
#include "net/peer.h"

namespace handshaked::net {

/// A descriptor that listens (or, for datagrams, is bound). Owns it, and the file of a Unix socket
/// that it made.
class ListeningSocket {
 public:
  /// Takes over a socket of that address that systemd holds for us (LISTEN_FDS, sd_listen_fds(3)),
  /// or opens one. A file that an earlier run left at a Unix socket's path is replaced if nobody
  /// listens there. `unix_mode` is the file's.
  static Result<ListeningSocket> open(const Endpoint& endpoint, int unix_mode);
  /// The same for an endpoint that may stand for several sockets, those of systemd's with its name.
  static Result<std::vector<ListeningSocket>> open_all(const Endpoint& endpoint, int unix_mode);

  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ~ListeningSocket();

  int descriptor() const { return descriptor_; }
  const Endpoint& endpoint() const { return endpoint_; }
  /// Where it really listens: the port that was chosen for port 0.
  std::uint16_t port() const;

 private:
  ListeningSocket(int descriptor, Endpoint endpoint, bool owns_path)
      : descriptor_(descriptor), endpoint_(std::move(endpoint)), owns_path_(owns_path) {}

  int descriptor_;
  Endpoint endpoint_;
  bool owns_path_;
};

/// Who sent from `address`.
Peer peer_at(const sockaddr_storage& address, socklen_t length);

}  // namespace handshaked::net
