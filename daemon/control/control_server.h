#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "control/control_message.h"

namespace handshaked::control {

struct ControlServerOptions {
  std::string socket;  ///< where to listen
  std::string group;   ///< its members may ask, too; empty: root and our own user only
  std::size_t max_connections = 16;  ///< more are closed at once
  std::chrono::seconds idle{60};     ///< a connection that says nothing for so long is closed
};

/// Listens on a Unix socket, checks who connects, and hands over what is asked, one request at a
/// time for each connection. Loop thread only. What a client may cost is bounded: connections,
/// bytes of a line, time.
class ControlServer {
 public:
  /// `reply` is to be called once, at any time later, on the loop thread.
  using Reply = std::function<void(ControlAnswer)>;
  using Handler = std::function<void(ControlRequest request, Reply reply)>;

  ControlServer(boost::asio::any_io_executor loop, ControlServerOptions options, Handler handler);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Begins to listen. A socket that nobody listens at any more is replaced. Fails when somebody
  /// does, when the directory is not there or not ours to write, or when the group does not exist.
  Result<> start();
  /// Closes all connections and removes the socket. No request is handed over afterwards.
  void stop();

 private:
  class Listener;
  std::shared_ptr<Listener> listener_;
};

}  // namespace handshaked::control
