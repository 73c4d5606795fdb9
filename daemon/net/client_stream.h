#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "net/deadline.h"
#include "net/tls_client.h"

namespace handshaked::net {

/// A connection to a receiver: TCP, TLS over TCP, or a Unix socket. One read and one write at a
/// time. Has no time limits of its own: guard it with a Deadline that calls `close()`. Loop thread
/// only.
class ClientStream {
 public:
  virtual ~ClientStream() = default;

  /// Reads at least one byte; 0 when the peer has ended its side.
  virtual boost::asio::awaitable<Result<std::size_t>> read_some(std::span<char> into) = 0;
  virtual boost::asio::awaitable<Result<>> write_all(std::string_view bytes) = 0;

  /// Ends reads and writes under way with an error. Without farewell: what peers have not
  /// acknowledged may be lost.
  virtual void close() = 0;

  /// False once the peer has closed, or has sent something that nobody asked for: not to be used
  /// again.
  virtual bool is_quiet() = 0;

  /// What was written and the peer's kernel has not acknowledged yet; in bytes on the wire.
  virtual std::size_t unacknowledged_bytes() = 0;

  /// False as long as the peer may still refuse us: under TLS 1.3, before a ticket has come (some
  /// peers send none).
  virtual bool is_accepted() { return true; }

  /// True after a reset: the peer closed without having read all, or what was written came after
  /// its end. An orderly end of the peer is none.
  virtual bool is_broken() = 0;
};

struct TcpPeer {
  std::string host;  ///< a name, or an address without brackets
  std::string port;
};

struct ConnectLimits {
  std::chrono::milliseconds connect{
      10'000};  ///< looking up the name and connecting, all addresses together
  std::chrono::milliseconds tls_handshake{10'000};
};

/// Tries the addresses in the resolver's order. With `tls`, which must outlive the stream, verifies
/// that the certificate is for `peer.host`. After a failure `deadline.is_over()` tells whether time
/// was the reason.
boost::asio::awaitable<Result<std::unique_ptr<ClientStream>>> connect_tcp(
    boost::asio::any_io_executor executor, TcpPeer peer, const TlsClient* tls, ConnectLimits limits,
    Deadline& deadline);

boost::asio::awaitable<Result<std::unique_ptr<ClientStream>>> connect_unix(
    boost::asio::any_io_executor executor, std::string path, Deadline& deadline);

}  // namespace handshaked::net
