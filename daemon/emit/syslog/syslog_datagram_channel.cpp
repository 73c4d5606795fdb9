#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/datagram_protocol.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "emit/syslog/syslog_channel.h"
#include "net/resolve.h"

namespace handshaked::emit {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using boost::system::error_code;
using Socket = asio::generic::datagram_protocol::socket;

// Where datagrams go, and what to do instead when a Unix socket turns out to be a stream.
struct DatagramPlace {
  std::optional<net::TcpPeer> udp_peer;
  std::string unix_path;
};

class DatagramChannel final : public SyslogChannel {
 public:
  DatagramChannel(asio::any_io_executor executor, DatagramPlace place, SyslogLimits limits)
      : executor_(std::move(executor)), place_(std::move(place)), limits_(limits) {}

  awaitable<Result<>> send(const std::string& message, net::Deadline& deadline) override {
    if (instead_) co_return co_await instead_->send(message, deadline);
    // An error of a kept socket often belongs to the message before (UDP) or to a collector that
    // was restarted (Unix).
    const bool was_open = socket_.has_value();
    auto sent = co_await send_once(message, deadline);
    if (!sent && was_open && !deadline.is_over() &&
        sent.error().code() != ErrorCode::limit_exceeded)
      sent = co_await send_once(message, deadline);
    co_return sent;
  }

  void close() override {
    socket_.reset();
    if (instead_) instead_->close();
  }

 private:
  awaitable<Result<>> send_once(const std::string& message, net::Deadline& deadline) {
    if (!socket_) {
      const auto opened = co_await open(deadline);
      if (!opened) co_return fail(opened.error());
      if (instead_) co_return co_await instead_->send(message, deadline);
    }
    deadline.enter("sending a datagram", limits_.write);
    deadline.guard([this] { cancel(); });
    const auto [error, size] =
        co_await socket_->async_send(asio::buffer(message), asio::as_tuple(asio::use_awaitable));
    deadline.unguard();
    if (!error) co_return success();
    socket_.reset();
    if (deadline.is_over()) co_return fail(deadline.error());
    const auto code =
        error == asio::error::message_size ? ErrorCode::limit_exceeded : ErrorCode::network;
    co_return fail(code, "sending a datagram failed: " + error.message());
  }

  awaitable<Result<>> open(net::Deadline& deadline) {
    asio::generic::datagram_protocol::endpoint endpoint;
    if (place_.udp_peer) {
      deadline.enter("looking up the name", limits_.connect.connect);
      const auto addresses = co_await net::resolve_tcp(executor_, *place_.udp_peer, deadline);
      if (!addresses) co_return fail(addresses.error());
      const asio::ip::tcp::endpoint& first = addresses.value().front();
      endpoint = asio::ip::udp::endpoint(first.address(), first.port());
    } else {
      endpoint = asio::local::datagram_protocol::endpoint(place_.unix_path);
    }
    Socket socket(executor_);
    error_code error;
    socket.open(endpoint.protocol(), error);
    if (!error) socket.connect(endpoint, error);  // does not wait, for datagrams
    if (error == boost::system::errc::wrong_protocol_type && !place_.udp_peer) {
      instead_ = open_syslog_unix_stream(executor_, place_.unix_path, limits_);
      co_return success();
    }
    const std::string where = place_.udp_peer ? place_.udp_peer->host : place_.unix_path;
    if (error) co_return fail(ErrorCode::network, "cannot open " + where + ": " + error.message());
    socket_ = std::move(socket);
    co_return success();
  }

  void cancel() {
    error_code ignored;
    if (socket_) socket_->cancel(ignored);
  }

  asio::any_io_executor executor_;
  DatagramPlace place_;
  SyslogLimits limits_;
  std::optional<Socket> socket_;
  std::unique_ptr<SyslogChannel> instead_;
};

}  // namespace

std::unique_ptr<SyslogChannel> open_syslog_udp(asio::any_io_executor executor, net::TcpPeer peer,
                                               SyslogLimits limits) {
  return std::make_unique<DatagramChannel>(std::move(executor), DatagramPlace{std::move(peer), {}},
                                           limits);
}

std::unique_ptr<SyslogChannel> open_syslog_local(asio::any_io_executor executor, std::string path,
                                                 SyslogLimits limits) {
  return std::make_unique<DatagramChannel>(std::move(executor),
                                           DatagramPlace{std::nullopt, std::move(path)}, limits);
}

}  // namespace handshaked::emit
