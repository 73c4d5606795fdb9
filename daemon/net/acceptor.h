#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/listening_socket.h"
#include "net/server_stream.h"

namespace handshaked::net {

/// A connection that was accepted and that no loop knows yet; closed unless one comes to know it.
class AcceptedSocket {
 public:
  explicit AcceptedSocket(int descriptor) : descriptor_(descriptor) {}
  AcceptedSocket(AcceptedSocket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  AcceptedSocket& operator=(AcceptedSocket&&) = delete;
  ~AcceptedSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

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

/// Takes what arrives at one listening socket. Belongs to one loop.
class Acceptor {
 public:
  struct Connection {
    AcceptedSocket socket;
    Peer peer;
  };

  /// `socket` is borrowed. `complain` hears why a connection has to wait in the kernel: descriptors
  /// or memory have run out.
  Acceptor(boost::asio::any_io_executor loop, const ListeningSocket& socket,
           std::function<void(const std::string& why)> complain);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// The next connection; nothing once closed.
  boost::asio::awaitable<std::optional<Connection>> next();
  /// Ends next(). Safe to call twice.
  void close();

  /// Of a socket that takes datagrams: waited for instead of next().
  boost::asio::posix::stream_descriptor& readiness() { return readiness_; }

 private:
  const ListeningSocket& socket_;
  const std::function<void(const std::string& why)> complain_;
  boost::asio::posix::stream_descriptor readiness_;
  boost::asio::steady_timer pause_;
  bool may_have_more_ = false;
  bool is_closed_ = false;
};

}  // namespace handshaked::net
