#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace handshaked::net {

/// Where to listen: "tcp://127.0.0.1:5514", "tls://[::]:6514", "udp://0.0.0.0:514",
/// "unix:/run/x.sock" (a stream), "unixgram:/run/log". "http://" and "https://" are tcp and tls.
/// Hosts are literal addresses: what a name stands for may change. "systemd:NAME" and, with TLS on
/// it, "systemd-tls:NAME": the sockets that systemd holds for us under that name, wherever they
/// are.
struct Endpoint {
  enum class Transport { tcp, tls, udp, unix_stream, unix_datagram };
  Transport transport = Transport::tcp;
  std::string host;        ///< a literal address, without brackets
  std::uint16_t port = 0;  ///< 0: any; for tests
  std::string path;        ///< of a Unix socket
  std::string inherited;   ///< the name of systemd's sockets; `transport` is then tcp or tls until
                           ///< they are there
  std::string text;        ///< as it was written

  bool is_stream() const {
    return transport != Transport::udp && transport != Transport::unix_datagram;
  }
  bool is_unix() const {
    return transport == Transport::unix_stream || transport == Transport::unix_datagram;
  }
  /// Nobody from another host can reach it.
  bool is_local() const;
};

/// Fails with invalid_configuration and says what is expected.
Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace handshaked::net
