#include "net/acceptor.h"

#include <cerrno>
#include <chrono>
#include <new>
#include <system_error>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace handshaked::net {
namespace {

namespace asio = boost::asio;

constexpr auto kAcceptTuple = asio::as_tuple(asio::use_awaitable);
constexpr auto kAcceptPause =
    std::chrono::milliseconds(100);  // when descriptors or memory have run out

}  // namespace

Acceptor::Acceptor(asio::any_io_executor loop, const ListeningSocket& socket,
                   std::function<void(const std::string& why)> complain)
    : socket_(socket),
      complain_(std::move(complain)),
      readiness_(loop, socket.descriptor()),
      pause_(loop) {}

Acceptor::~Acceptor() { close(); }

void Acceptor::close() {
  is_closed_ = true;
  if (readiness_.is_open()) readiness_.release();  // the ListeningSocket owns the descriptor
  pause_.cancel();
}

asio::awaitable<std::optional<Acceptor::Connection>> Acceptor::next() {
  while (!is_closed_) {
    if (!may_have_more_) {
      const auto [error] =
          co_await readiness_.async_wait(asio::posix::stream_descriptor::wait_read, kAcceptTuple);
      if (error) co_return std::nullopt;
      may_have_more_ = true;
      continue;
    }
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const int descriptor = ::accept4(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address),
                                     &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor >= 0) {
      AcceptedSocket accepted(descriptor);
      try {
        std::optional<Connection> connection(
            Connection{std::move(accepted), peer_at(address, length)});
        co_return connection;
      } catch (const std::bad_alloc&) {
        complain_("a connection was refused because memory ran out");
      }
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      may_have_more_ = false;
      continue;
    }
    complain_("a connection waits: " + std::system_category().message(errno));
    pause_.expires_after(kAcceptPause);
    co_await pause_.async_wait(kAcceptTuple);
  }
  co_return std::nullopt;
}

}  // namespace handshaked::net
