#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/test_certificate.h"

namespace handshaked::test {

/// One accepted connection, spoken to in plain blocking calls, each bounded to ten seconds.
class LoopbackConnection {
 public:
  LoopbackConnection(int descriptor, SSL_CTX* tls) : descriptor_(descriptor) {
    const timeval limit{10, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (tls == nullptr) return;
    session_ = SSL_new(tls);
    SSL_set_fd(session_, descriptor_);
    is_good_ = SSL_accept(session_) == 1;
  }
  ~LoopbackConnection() { close(); }
  LoopbackConnection(const LoopbackConnection&) = delete;

  bool is_good() const { return is_good_; }

  /// How long the unit at the beginning of the text is; 0 while it is not complete.
  using UnitLength = std::function<std::size_t(const std::string&)>;

  /// Reads one unit; empty when the peer is gone before its end. What came after it is kept for the
  /// next call.
  std::string read_unit(const UnitLength& unit_length) {
    std::size_t length = unit_length(received_);
    for (; is_good_ && length == 0; length = unit_length(received_)) {
      char buffer[4096];
      const auto size = session_ ? SSL_read(session_, buffer, sizeof buffer)
                                 : ::recv(descriptor_, buffer, sizeof buffer, 0);
      if (size <= 0) is_good_ = false;
      else received_.append(buffer, static_cast<std::size_t>(size));
    }
    std::string unit = received_.substr(0, length);
    received_.erase(0, length);
    return unit;
  }

  /// One HTTP request with its body.
  std::string read_request() {
    return read_unit([](const std::string& seen) -> std::size_t {
      const auto end = seen.find("\r\n\r\n");
      const auto length = seen.find("content-length: ");
      if (end == std::string::npos || length == std::string::npos) return 0;
      const std::size_t whole = end + 4 + std::stoul(seen.substr(length + 16));
      return seen.size() >= whole ? whole : 0;
    });
  }

  /// One octet-counted syslog frame, count included.
  std::string read_frame() {
    return read_unit([](const std::string& seen) -> std::size_t {
      const auto space = seen.find(' ');
      if (space == std::string::npos) return 0;
      const std::size_t whole = space + 1 + std::stoul(seen);
      return seen.size() >= whole ? whole : 0;
    });
  }

  bool write(std::string_view bytes) {
    while (is_good_ && !bytes.empty()) {
      const auto size = session_ ? SSL_write(session_, bytes.data(), static_cast<int>(bytes.size()))
                                 : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) is_good_ = false;
      else bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return is_good_;
  }

  /// Blocks until the peer has closed, or ten seconds.
  void wait_for_end() {
    read_unit([](const std::string&) { return std::size_t{0}; });
  }

  /// Without farewell; `by_reset` with RST.
  void close(bool by_reset = false) {
    if (descriptor_ < 0) return;
    const linger now{1, 0};
    if (by_reset) setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    if (session_) SSL_free(session_);
    session_ = nullptr;
    ::close(descriptor_);
    descriptor_ = -1;
    is_good_ = false;
  }

 private:
  int descriptor_;
  SSL* session_ = nullptr;
  bool is_good_ = true;
  std::string received_;
};

/// A server on a free port of 127.0.0.1. Each connection is given to `serve` with its number, from
/// 0, one after the other.
class LoopbackServer {
 public:
  using Serve = std::function<void(LoopbackConnection&, int number)>;

  explicit LoopbackServer(Serve serve, const TestCertificate* certificate = nullptr)
      : serve_(std::move(serve)) {
    ::signal(SIGPIPE, SIG_IGN);
    if (certificate != nullptr) {
      tls_.reset(SSL_CTX_new(TLS_server_method()));
      SSL_CTX_use_certificate(tls_.get(), certificate->certificate());
      SSL_CTX_use_PrivateKey(tls_.get(), certificate->key());
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 16);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept_all(); });
  }
  ~LoopbackServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  int port() const { return port_; }
  int connections() const { return connections_; }

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  void accept_all() {
    for (;;) {
      const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor < 0) return;
      const int number = connections_++;
      LoopbackConnection connection(descriptor, tls_.get());
      serve_(connection, number);
    }
  }

  Serve serve_;
  std::unique_ptr<SSL_CTX, FreeContext> tls_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace handshaked::test
