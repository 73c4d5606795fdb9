#include "diagnose/probe/probe_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace handshaked::diagnose {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress system_form(const PeerAddress& address) {
  SocketAddress form;
  if (address.is_unix()) {
    auto& path = reinterpret_cast<sockaddr_un&>(form.storage);
    path.sun_family = AF_UNIX;
    address.unix_path.copy(path.sun_path, sizeof path.sun_path - 1);
    form.size = sizeof path;
    return form;
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(form.storage);
  if (::inet_pton(AF_INET, address.ip.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    form.size = sizeof v4;
    return form;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(form.storage);
  if (::inet_pton(AF_INET6, address.ip.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    form.size = sizeof v6;
  }
  return form;
}

SocketStep failed(int number) { return {SocketStatus::failed, number, 0}; }

/// Address and port of a socket address, as a PROXY header has them.
struct PrintedEnd {
  std::string ip;
  unsigned port = 0;
};
PrintedEnd print(const sockaddr_storage& end) {
  char text[INET6_ADDRSTRLEN] = "";
  if (end.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(end);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {text, ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(end);
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  return {text, ntohs(v6.sin6_port)};
}

}  // namespace

SocketStep ProbeSocket::wait_for(short events, Deadline deadline) const {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
            .count();
    if (left <= 0) return {SocketStatus::timed_out, 0, 0};
    pollfd waited{socket_.number(), events, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return failed(errno);
  }
}

SocketStep ProbeSocket::connect(const PeerAddress& address, Deadline deadline) {
  if (reason_never_probed(address)) return failed(EACCES);
  SocketAddress to = system_form(address);
  if (to.size == 0) return failed(EADDRNOTAVAIL);
  socket_ =
      FileDescriptor(::socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_.is_open()) return failed(errno);
  if (::connect(socket_.number(), to.generic(), to.size) == 0) return {};
  if (errno != EINPROGRESS) return failed(errno);
  const SocketStep waited = wait_for(POLLOUT, deadline);
  if (waited.status != SocketStatus::ok) return waited;
  int number = 0;
  socklen_t size = sizeof number;
  if (::getsockopt(socket_.number(), SOL_SOCKET, SO_ERROR, &number, &size) != 0)
    return failed(errno);
  return number == 0 ? SocketStep{} : failed(number);
}

SocketStep ProbeSocket::send_all(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      const SocketStep waited = wait_for(POLLOUT, deadline);
      if (waited.status != SocketStatus::ok) return waited;
    } else if (errno != EINTR) {
      return failed(errno);
    }
  }
  return {};
}

SocketStep ProbeSocket::receive(std::string& into, Deadline deadline) {
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    // Looked at before every byte: a peer that dribbles must not get around it.
    const SocketStep waited = wait_for(POLLIN, deadline);
    if (waited.status != SocketStatus::ok) return waited;
    const ssize_t got = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
    if (got > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(got));
      return {SocketStatus::ok, 0, static_cast<std::size_t>(got)};
    }
    if (got == 0) return {SocketStatus::end, 0, 0};
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return failed(errno);
  }
}

std::string ProbeSocket::proxy_header() const {
  sockaddr_storage ours{};
  sockaddr_storage theirs{};
  socklen_t ours_size = sizeof ours;
  socklen_t theirs_size = sizeof theirs;
  const bool is_known =
      ::getsockname(socket_.number(), reinterpret_cast<sockaddr*>(&ours), &ours_size) == 0 &&
      ::getpeername(socket_.number(), reinterpret_cast<sockaddr*>(&theirs), &theirs_size) == 0;
  if (!is_known || (ours.ss_family != AF_INET && ours.ss_family != AF_INET6))
    return "PROXY UNKNOWN\r\n";
  const PrintedEnd from = print(ours);
  const PrintedEnd to = print(theirs);
  const char* const family = ours.ss_family == AF_INET ? "TCP4" : "TCP6";
  return std::string("PROXY ") + family + " " + from.ip + " " + to.ip + " " +
         std::to_string(from.port) + " " + std::to_string(to.port) + "\r\n";
}

}  // namespace handshaked::diagnose
