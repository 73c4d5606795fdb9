#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/file_descriptor.h"
#include "diagnose/tls/peer_address.h"

namespace handshaked::diagnose {

/// What became of one attempt to move bytes.
enum class SocketStatus { ok, end, timed_out, failed };
struct SocketStep {
  SocketStatus status = SocketStatus::ok;
  int system_error = 0;   ///< errno, when it failed
  std::size_t bytes = 0;  ///< received
};

/// A non-blocking stream socket on which every wait has a deadline. We connect it; the child
/// process talks.
class ProbeSocket {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  ProbeSocket() = default;
  /// One that is connected already.
  explicit ProbeSocket(FileDescriptor socket) : socket_(std::move(socket)) {}

  /// EACCES for an address that is never probed (reason_never_probed), whoever asks.
  SocketStep connect(const PeerAddress& address, Deadline deadline);
  SocketStep send_all(std::string_view bytes, Deadline deadline);
  /// Appends what there is, at most 16 KiB; waits for the first byte. `end` when the peer has
  /// closed.
  SocketStep receive(std::string& into, Deadline deadline);
  /// "PROXY TCP4 <ours> <theirs> <port> <port>\r\n" for this connection; "PROXY UNKNOWN\r\n" for a
  /// Unix socket.
  std::string proxy_header() const;
  int descriptor() const { return socket_.number(); }

 private:
  SocketStep wait_for(short events, Deadline deadline) const;
  FileDescriptor socket_;
};

}  // namespace handshaked::diagnose
