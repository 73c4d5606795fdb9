#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include "net/server_stream.h"

namespace handshaked::net {

/// A connection that was accepted and that no loop knows yet; closed unless one comes to know it.
class AcceptedSocket {
 public:
  explicit AcceptedSocket(int descriptor) : descriptor_(descriptor) {}
  AcceptedSocket(AcceptedSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  AcceptedSocket& operator=(AcceptedSocket&&) = delete;
  ~AcceptedSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

  /// Throws when epoll takes no more.
  ServerStream::Socket register_at(const boost::asio::any_io_executor& loop) && {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &length);
    ServerStream::Socket socket(loop);
    socket.assign(boost::asio::generic::stream_protocol(address.ss_family, 0), descriptor_);
    descriptor_ = -1;
    return socket;
  }

 private:
  int descriptor_;
};

}  // namespace handshaked::net
