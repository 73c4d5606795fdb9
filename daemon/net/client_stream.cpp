#include "net/client_stream.h"

#include <algorithm>

#include <linux/sockios.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/resolve.h"

namespace handshaked::net {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::awaitable;
using boost::system::error_code;
// One socket type for TCP and Unix: each further one would be compiled all over again.
using Socket = asio::generic::stream_protocol::socket;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

bool is_end(const error_code& error) {
  return error == asio::error::eof || error == ssl::error::stream_truncated;
}

auto network_failure(const char* doing, const error_code& error) {
  return fail(ErrorCode::network, std::string(doing) + ": " + error.message());
}

bool is_quiet_socket(int descriptor) {
  char byte = 0;
  const auto received = ::recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::size_t unacknowledged_bytes_of(int descriptor) {
  int bytes = 0;
  if (::ioctl(descriptor, SIOCOUTQ, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<std::size_t>(bytes);
}

bool is_broken_socket(int descriptor) {
  pollfd query{descriptor, 0, 0};
  return ::poll(&query, 1, 0) > 0 && (query.revents & POLLERR) != 0;
}

// Everything but the handshake is the same with and without TLS.
template <class Layer>
class SocketStream final : public ClientStream {
 public:
  template <class... Arguments>
  explicit SocketStream(Socket socket, Arguments&... arguments)
      : layer_(std::move(socket), arguments...) {}

  awaitable<Result<std::size_t>> read_some(std::span<char> into) override {
    const auto [error, size] =
        co_await layer_.async_read_some(asio::buffer(into.data(), into.size()), kAsTuple);
    if (is_end(error)) co_return std::size_t{0};
    if (error) co_return network_failure("reading failed", error);
    co_return size;
  }

  awaitable<Result<>> write_all(std::string_view bytes) override {
    while (!bytes.empty()) {
      const auto [error, size] =
          co_await layer_.async_write_some(asio::buffer(bytes.data(), bytes.size()), kAsTuple);
      if (error) {
        const error_code why = co_await why_it_ended(error);
        co_return network_failure("writing failed", why);
      }
      bytes.remove_prefix(size);
    }
    co_return success();
  }

  void close() override {
    error_code ignored;
    socket().close(ignored);
  }

  bool is_quiet() override {
    return socket().is_open() && is_quiet_socket(socket().native_handle());
  }

  std::size_t unacknowledged_bytes() override {
    return socket().is_open() ? unacknowledged_bytes_of(socket().native_handle()) : 0;
  }

  bool is_broken() override {
    return !socket().is_open() || is_broken_socket(socket().native_handle());
  }

  Layer& layer() { return layer_; }

  /// After the handshake.
  void watch_for_acceptance() {
    if constexpr (!std::is_same_v<Layer, Socket>) {
      SSL* const session = layer_.native_handle();
      is_accepted_ = SSL_version(session) < TLS1_3_VERSION;
    }
  }
  bool is_accepted() override { return is_accepted_; }
  bool& acceptance() { return is_accepted_; }

 private:
  /// With TLS 1.3 a server refuses our certificate, or that we have none, after our handshake. It
  /// says so, and resets the connection while we write.
  awaitable<error_code> why_it_ended(error_code of_writing) {
    if constexpr (!std::is_same_v<Layer, Socket>) {
      char byte = 0;
      const auto [of_reading, size] =
          co_await layer_.async_read_some(asio::buffer(&byte, 1), kAsTuple);
      if (of_reading.category() == asio::error::get_ssl_category()) co_return of_reading;
    }
    co_return of_writing;
  }

  Socket& socket() {
    if constexpr (std::is_same_v<Layer, Socket>) return layer_;
    else return layer_.next_layer();
  }

  bool is_accepted_ = true;  // outlives the session in layer_
  Layer layer_;
};

using PlainStream = SocketStream<Socket>;
using TlsStream = SocketStream<ssl::stream<Socket>>;

awaitable<Result<>> connect_socket(Socket& socket,
                                   asio::generic::stream_protocol::endpoint endpoint,
                                   Deadline& deadline) {
  deadline.guard([&socket] {
    error_code ignored;
    socket.close(ignored);
  });
  if (deadline.is_over()) co_return fail(deadline.error());
  const auto [error] = co_await socket.async_connect(endpoint, kAsTuple);
  deadline.unguard();
  if (deadline.is_over()) co_return fail(deadline.error());
  if (error) co_return fail(ErrorCode::network, error.message());
  co_return success();
}

// Every address gets its even share of the time, so that a dead first one does not use up the turn
// of the second.
awaitable<Result<Socket>> connect_any(asio::any_io_executor executor, TcpPeer peer,
                                      ConnectLimits limits, Deadline& deadline) {
  deadline.enter("looking up the name", limits.connect);
  auto endpoints = co_await resolve_tcp(executor, peer, deadline);
  if (!endpoints) co_return fail(endpoints.error());

  const auto end = std::chrono::steady_clock::now() + deadline.remaining();
  std::string reasons;
  std::size_t left = endpoints.value().size();
  for (const asio::ip::tcp::endpoint& endpoint : endpoints.value()) {
    if (deadline.is_over()) co_return fail(deadline.error());
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    // The share ends this attempt only; `deadline` ends all of them.
    Deadline share(executor, std::max(rest / static_cast<int>(left), std::chrono::milliseconds(1)));
    share.enter("connecting", std::chrono::hours(1));
    deadline.enter("connecting", rest);
    deadline.guard([&share] { share.stop(); });
    Socket socket(executor);
    const auto connected = co_await connect_socket(socket, endpoint, share);
    deadline.unguard();
    if (connected) {
      error_code ignored;
      socket.set_option(asio::ip::tcp::no_delay(true), ignored);
      socket.set_option(asio::socket_base::keep_alive(true), ignored);
      co_return std::move(socket);
    }
    if (deadline.is_over()) co_return fail(deadline.error());
    if (!reasons.empty()) reasons += ", ";
    reasons += endpoint.address().to_string() + ": " + connected.error().message();
    --left;
  }
  co_return fail(ErrorCode::network,
                 "cannot connect to " + peer.host + " port " + peer.port + " (" + reasons + ")");
}

// Native verification of the name, so that a failure has OpenSSL's own verify code and words.
Result<> expect_host(SSL* session, const std::string& host) {
  error_code not_address;
  asio::ip::make_address(host, not_address);
  X509_VERIFY_PARAM* parameters = SSL_get0_param(session);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool is_set =
      not_address ? SSL_set_tlsext_host_name(session, host.c_str()) == 1 &&
                        X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size()) == 1
                  : X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
  if (!is_set)
    return fail(ErrorCode::invalid_configuration, "not a host name that TLS can verify: " + host);
  return success();
}

Error handshake_failure(SSL* session, const std::string& host, const error_code& error) {
  const long verify_code = SSL_get_verify_result(session);
  if (verify_code != X509_V_OK)
    return Error(ErrorCode::network, "the certificate of " + host + " is not trusted: " +
                                         X509_verify_cert_error_string(verify_code));
  return Error(ErrorCode::network,
               "the TLS handshake with " + host + " failed: " +
                   (is_end(error) ? "the peer closed the connection" : error.message()));
}

awaitable<Result<std::unique_ptr<ClientStream>>> start_tls(Socket socket, std::string host,
                                                           const TlsClient& tls,
                                                           Deadline& deadline) {
  auto stream = std::make_unique<TlsStream>(std::move(socket), tls.context());
  SSL* session = stream->layer().native_handle();
  CO_TRY(expect_host(session, host));
  TlsClient::watch_for_ticket(session, stream->acceptance());
  deadline.guard([raw = stream.get()] { raw->close(); });
  const auto [error] = co_await stream->layer().async_handshake(ssl::stream_base::client, kAsTuple);
  deadline.unguard();
  if (deadline.is_over()) co_return fail(deadline.error());
  if (error) co_return fail(handshake_failure(session, host, error));
  stream->watch_for_acceptance();
  co_return std::unique_ptr<ClientStream>(std::move(stream));
}

}  // namespace

awaitable<Result<std::unique_ptr<ClientStream>>> connect_tcp(asio::any_io_executor executor,
                                                             TcpPeer peer, const TlsClient* tls,
                                                             ConnectLimits limits,
                                                             Deadline& deadline) {
  auto socket = co_await connect_any(executor, peer, limits, deadline);
  if (!socket) co_return fail(socket.error());
  if (tls == nullptr)
    co_return std::unique_ptr<ClientStream>(
        std::make_unique<PlainStream>(std::move(socket.value())));
  deadline.enter("agreeing on TLS", limits.tls_handshake);
  auto stream = co_await start_tls(std::move(socket.value()), peer.host, *tls, deadline);
  co_return stream;
}

awaitable<Result<std::unique_ptr<ClientStream>>> connect_unix(asio::any_io_executor executor,
                                                              std::string path,
                                                              Deadline& deadline) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path))
    co_return fail(ErrorCode::invalid_configuration, "not a path for a Unix socket: " + path);
  Socket socket(executor);
  const asio::local::stream_protocol::endpoint endpoint(path);
  const auto connected = co_await connect_socket(socket, endpoint, deadline);
  if (!connected) co_return fail(connected.error().wrapped("cannot connect to " + path));
  co_return std::unique_ptr<ClientStream>(std::make_unique<PlainStream>(std::move(socket)));
}

}  // namespace handshaked::net
