#pragma once

#include <cstdint>
#include <string>

namespace handshaked::net {

/// Who is at the other end.
struct Peer {
  std::string address;        ///< "192.0.2.7", "2001:db8::7", or "unix"
  std::string network;        ///< who counts as one sender: the address, of IPv6 its /64; "unix"
  std::uint16_t port = 0;     ///< 0 for Unix sockets
  std::string common_name;    ///< of the client certificate that was verified; empty without one
  bool is_this_host = false;  ///< over loopback or a Unix socket

  /// For our log: "192.0.2.7:41234".
  std::string description() const {
    return port == 0 ? address : address + ":" + std::to_string(port);
  }
};

}  // namespace handshaked::net
