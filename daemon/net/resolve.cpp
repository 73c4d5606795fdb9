#include "net/resolve.h"

#include <charconv>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace handshaked::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kAddressLimit = 16;

// Outlives the coroutine when the deadline comes first; then it belongs to the handler of the
// look-up alone.
struct LookUp {
  explicit LookUp(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}

  tcp::resolver resolver;
  asio::steady_timer done;  // a flag to wait for: cancelled when there is an answer
  bool has_answer = false;
  error_code error;
  std::vector<tcp::endpoint> endpoints;
};

void start(const std::shared_ptr<LookUp>& look_up, const TcpPeer& peer) {
  look_up->done.expires_at(asio::steady_timer::time_point::max());
  look_up->resolver.async_resolve(
      peer.host, peer.port, tcp::resolver::address_configured | tcp::resolver::numeric_service,
      [look_up](const error_code& error, const tcp::resolver::results_type& results) {
        look_up->has_answer = true;
        look_up->error = error;
        for (const auto& entry : results)
          if (look_up->endpoints.size() < kAddressLimit)
            look_up->endpoints.push_back(entry.endpoint());
        look_up->done.cancel();
      });
}

}  // namespace

asio::awaitable<Result<std::vector<tcp::endpoint>>> resolve_tcp(asio::any_io_executor executor,
                                                                TcpPeer peer, Deadline& deadline) {
  std::uint16_t port = 0;
  const auto [end, bad_port] =
      std::from_chars(peer.port.data(), peer.port.data() + peer.port.size(), port);
  if (bad_port != std::errc() || end != peer.port.data() + peer.port.size() || port == 0)
    co_return fail(ErrorCode::invalid_configuration, "not a port number: " + peer.port);
  error_code not_numeric;
  const auto address = asio::ip::make_address(peer.host, not_numeric);
  if (!not_numeric) co_return std::vector<tcp::endpoint>{tcp::endpoint(address, port)};

  if (deadline.is_over()) co_return fail(deadline.error());
  const auto look_up = std::make_shared<LookUp>(executor);
  start(look_up, peer);
  deadline.guard([look_up] { look_up->done.cancel(); });
  co_await look_up->done.async_wait(asio::as_tuple(asio::use_awaitable));
  deadline.unguard();
  if (!look_up->has_answer) {
    look_up->resolver.cancel();
    co_return fail(deadline.error());
  }
  if (look_up->error || look_up->endpoints.empty())
    co_return fail(ErrorCode::network,
                   "cannot resolve " + peer.host + ": " + look_up->error.message());
  co_return std::move(look_up->endpoints);
}

}  // namespace handshaked::net
