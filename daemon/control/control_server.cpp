#include "control/control_server.h"

#include <grp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <cerrno>
#include <set>

#include "control/peer_credentials.h"
#include "telemetry/log.h"

namespace handshaked::control {

namespace asio = boost::asio;
using Socket = asio::local::stream_protocol;

/// The socket that is listened at, and the connections that it gave. Kept alive by what is under
/// way.
class ControlServer::Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(asio::any_io_executor loop, ControlServerOptions options, Handler handler)
      : loop_(std::move(loop)),
        options_(std::move(options)),
        handler_(std::move(handler)),
        acceptor_(loop_),
        rest_(loop_) {}

  Result<> open();
  void accept();
  void rest();
  void close();

 private:
  class Connection;

  Result<> remove_stale() const;

  asio::any_io_executor loop_;
  ControlServerOptions options_;
  Handler handler_;
  Socket::acceptor acceptor_;
  asio::steady_timer rest_;
  std::set<std::shared_ptr<Connection>> connections_;
  bool is_closed_ = false;
};

/// One client: a line, its answer, the next line.
class ControlServer::Listener::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket::socket socket, std::shared_ptr<Listener> listener, Peer peer)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        listener_(std::move(listener)),
        peer_(std::move(peer)) {}

  void read() {
    if (!listener_) return;  // ended while the answer was on its way
    arm();
    asio::async_read_until(
        socket_, asio::dynamic_buffer(input_, ControlRequest::kMaxBytes), '\n',
        [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
          self->timer_.cancel();
          if (error == asio::error::not_found)
            self->write(ControlAnswer::refused("limit", "the request is too long"), true);
          else if (error) self->end();
          else self->take_line(size);
        });
  }

  void end() {
    boost::system::error_code ignored;
    timer_.cancel();
    socket_.close(ignored);
    if (const auto listener = std::exchange(listener_, nullptr))
      listener->connections_.erase(shared_from_this());
  }

 private:
  void take_line(std::size_t size) {
    auto request = request_from_line(std::string_view(input_).substr(0, size - 1));
    input_.erase(0, size);
    if (!request) {
      write(ControlAnswer::refused(request.error()), true);
      return;
    }
    request.value().peer = peer_;
    if (!listener_ || listener_->is_closed_) return end();
    listener_->handler_(
        std::move(request).value(),
        [self = shared_from_this()](ControlAnswer answer) { self->write(answer, false); });
  }

  void write(const ControlAnswer& answer, bool is_last) {
    if (!listener_) return;
    output_ = to_line(answer);
    arm();
    asio::async_write(
        socket_, asio::buffer(output_),
        [self = shared_from_this(), is_last](boost::system::error_code error, std::size_t) {
          self->timer_.cancel();
          if (error || is_last) self->end();
          else self->read();
        });
  }

  void arm() {
    timer_.expires_after(listener_->options_.idle);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->end();
    });
  }

  Socket::socket socket_;
  asio::steady_timer timer_;
  std::shared_ptr<Listener> listener_;
  Peer peer_;
  std::string input_, output_;
};

/// A daemon that was killed leaves its socket behind.
Result<> ControlServer::Listener::remove_stale() const {
  struct stat status {};
  if (::lstat(options_.socket.c_str(), &status) != 0) return success();
  if (!S_ISSOCK(status.st_mode))
    return fail(ErrorCode::invalid_configuration, options_.socket + " exists and is not a socket");
  Socket::socket probe(loop_);
  boost::system::error_code error;
  probe.connect(Socket::endpoint(options_.socket), error);
  if (!error)
    return fail(ErrorCode::invalid_configuration, "another daemon listens at " + options_.socket);
  if (::unlink(options_.socket.c_str()) != 0 && errno != ENOENT)
    return fail(error_from_errno(errno, "cannot remove " + options_.socket));
  return success();
}

Result<> ControlServer::Listener::open() {
  if (options_.socket.size() >= sizeof(sockaddr_un::sun_path))
    return fail(ErrorCode::invalid_configuration,
                "the path of the control socket is too long: " + options_.socket);
  TRY(remove_stale());
  boost::system::error_code error;
  acceptor_.open(Socket(), error);
  // Nobody else may connect before the mode is what it should be.
  const mode_t before = ::umask(0177);
  if (!error) acceptor_.bind(Socket::endpoint(options_.socket), error);
  ::umask(before);
  if (error)
    return fail(ErrorCode::io, "cannot listen at " + options_.socket + ": " + error.message());
  if (!options_.group.empty()) {
    const struct group* const group = ::getgrnam(options_.group.c_str());
    if (group == nullptr)
      return fail(
          ErrorCode::invalid_configuration,
          "the group " + options_.group + ", which the control socket is for, does not exist");
    const bool is_given =
        ::chown(options_.socket.c_str(), static_cast<uid_t>(-1), group->gr_gid) == 0 &&
        ::chmod(options_.socket.c_str(), 0660) == 0;
    if (!is_given)
      return fail(error_from_errno(
          errno, "cannot give " + options_.socket + " to the group " + options_.group));
  }
  acceptor_.listen(16, error);
  if (error)
    return fail(ErrorCode::io, "cannot listen at " + options_.socket + ": " + error.message());
  return success();
}

void ControlServer::Listener::accept() {
  acceptor_.async_accept(
      [self = shared_from_this()](boost::system::error_code error, Socket::socket socket) {
        if (self->is_closed_) return;
        if (!error && self->connections_.size() < self->options_.max_connections) {
          const auto peer = peer_of(socket.native_handle());
          if (peer && may_control(socket.native_handle(), peer.value(), self->options_.group)) {
            auto connection = std::make_shared<Connection>(std::move(socket), self, peer.value());
            self->connections_.insert(connection);
            connection->read();
          } else {
            telemetry::log_warning("the control socket refused " +
                                   (peer ? peer.value().name : peer.error().message()));
          }
        }
        if (error) self->rest();  // no descriptor left, most likely
        else self->accept();
      });
}

void ControlServer::Listener::rest() {
  rest_.expires_after(std::chrono::seconds(1));
  rest_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error && !self->is_closed_) self->accept();
  });
}

void ControlServer::Listener::close() {
  if (is_closed_) return;
  is_closed_ = true;
  boost::system::error_code ignored;
  const bool was_open = acceptor_.is_open();
  acceptor_.close(ignored);
  rest_.cancel();
  const auto connections = connections_;
  for (const auto& connection : connections) connection->end();
  if (was_open) ::unlink(options_.socket.c_str());
}

ControlServer::ControlServer(asio::any_io_executor loop, ControlServerOptions options,
                             Handler handler)
    : listener_(
          std::make_shared<Listener>(std::move(loop), std::move(options), std::move(handler))) {}

ControlServer::~ControlServer() { stop(); }

Result<> ControlServer::start() {
  TRY(listener_->open());
  listener_->accept();
  return success();
}

void ControlServer::stop() { listener_->close(); }

}  // namespace handshaked::control
