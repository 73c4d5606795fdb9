#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/result.h"
#include "net/endpoint.h"
#include "web/web_answer.h"

namespace handshaked::web {

struct WebServerOptions {
  net::Endpoint endpoint;               ///< TCP or a Unix socket
  std::vector<std::string> host_names;  ///< that requests may call us by: expected_host.h
  /// Paths that are answered for operators only (control::is_operator). Empty: everything is for
  /// whoever connects.
  std::function<bool(std::string_view path)> is_for_operators;
  std::string operators;  ///< the group of them, beside root and our own user; empty: none
  std::size_t max_connections = 64;        ///< a further one takes the place of the quietest
  std::size_t max_requests = 1000;         ///< on one connection
  std::size_t head_bytes = 8 * 1024;       ///< of a request
  std::chrono::milliseconds head{5'000};   ///< from its first byte to the end of the head
  std::chrono::milliseconds idle{30'000};  ///< between requests
  std::chrono::milliseconds make{10'000};  ///< for the answer to be there
  std::chrono::milliseconds take{10'000};  ///< for the client to take it
};

/// A small responder for GET and HEAD over HTTP/1.1: reads no bodies, knows no forms, changes
/// nothing. Loop thread only. What a client may cost is bounded: connections, bytes of a head, time
/// for each part.
class WebServer {
 public:
  WebServer(boost::asio::any_io_executor loop, WebServerOptions options, WebHandler handler);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  /// Opens the socket, or takes over the one that systemd holds, and begins to accept. Fails when
  /// the address is taken.
  Result<> start();
  /// Closes everything. No request is handed over afterwards.
  void stop();
  /// Where it really listens: the port that was chosen for port 0.
  std::uint16_t port() const;

 private:
  class Listener;
  std::shared_ptr<Listener> listener_;
};

}  // namespace handshaked::web
