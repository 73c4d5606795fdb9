#include "net/listening_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/inherited_sockets.h"

namespace handshaked::net {
namespace {

constexpr int kBacklog = 1024;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

SocketAddress address_of(const Endpoint& endpoint) {
  SocketAddress address;
  if (endpoint.is_unix()) {
    auto* const local = reinterpret_cast<sockaddr_un*>(&address.storage);
    local->sun_family = AF_UNIX;
    endpoint.path.copy(local->sun_path, sizeof local->sun_path - 1);
    address.length =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + endpoint.path.size() + 1);
    return address;
  }
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (inet_pton(AF_INET, endpoint.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(endpoint.port);
    address.length = sizeof *v4;
    return address;
  }
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  inet_pton(AF_INET6, endpoint.host.c_str(), &v6->sin6_addr);
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(endpoint.port);
  address.length = sizeof *v6;
  return address;
}

int type_of(const Endpoint& endpoint) { return endpoint.is_stream() ? SOCK_STREAM : SOCK_DGRAM; }

/// Does descriptor `number` of systemd's listen there?
bool is_bound_to(int number, const Endpoint& endpoint, const SocketAddress& wanted) {
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != type_of(endpoint))
    return false;
  SocketAddress bound;
  bound.length = sizeof bound.storage;
  if (getsockname(number, reinterpret_cast<sockaddr*>(&bound.storage), &bound.length) != 0)
    return false;
  if (bound.storage.ss_family != wanted.storage.ss_family) return false;
  if (endpoint.is_unix())
    return endpoint.path == reinterpret_cast<const sockaddr_un*>(&bound.storage)->sun_path;
  return bound.length == wanted.length &&
         std::memcmp(&bound.storage, &wanted.storage, wanted.length) == 0;
}

/// Ours from now on.
int take(InheritedSocket& socket) {
  socket.is_taken = true;
  fcntl(socket.descriptor, F_SETFL, fcntl(socket.descriptor, F_GETFL) | O_NONBLOCK);
  return socket.descriptor;
}

/// One that is bound to the very address that is wanted.
int take_inherited(const Endpoint& endpoint, const SocketAddress& wanted) {
  for (InheritedSocket& socket : inherited_sockets()) {
    if (!socket.is_taken && socket.listens && is_bound_to(socket.descriptor, endpoint, wanted))
      return take(socket);
  }
  return -1;
}

auto refuse_inherited(const Endpoint& endpoint, const std::string& why) {
  return fail(ErrorCode::invalid_configuration, "cannot listen on " + endpoint.text + ": " + why);
}

/// A file of an earlier run, at which nobody listens.
bool is_left_over(const Endpoint& endpoint, const SocketAddress& address) {
  struct stat status {};
  if (lstat(endpoint.path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const int probe = ::socket(AF_UNIX, type_of(endpoint) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return false;
  const bool refused =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 &&
      errno == ECONNREFUSED;
  ::close(probe);
  return refused;
}

auto refuse(int number, const Endpoint& endpoint) {
  return fail(error_from_errno(number, "cannot listen on " + endpoint.text));
}

}  // namespace

Result<std::vector<ListeningSocket>> ListeningSocket::open_all(const Endpoint& endpoint,
                                                               int unix_mode) {
  std::vector<ListeningSocket> opened;
  if (endpoint.inherited.empty()) {
    TRY(auto socket, open(endpoint, unix_mode));
    opened.push_back(std::move(socket));
    return opened;
  }
  for (InheritedSocket& socket : inherited_sockets()) {
    if (socket.is_taken || socket.name != endpoint.inherited) continue;
    if (!socket.listens)
      return refuse_inherited(endpoint, "it is not a socket that listens (Accept=no is wanted)");
    Endpoint bound = socket.endpoint;
    if (endpoint.transport == Endpoint::Transport::tls) {
      if (!bound.is_stream())
        return refuse_inherited(endpoint, "TLS needs a stream, and it takes datagrams");
      bound.transport = Endpoint::Transport::tls;
    }
    bound.text = endpoint.text + " (" + bound.text + ")";
    opened.push_back(ListeningSocket(take(socket), std::move(bound), false));
  }
  if (opened.empty())
    return refuse_inherited(endpoint,
                            "systemd has handed over no socket of that name (FileDescriptorName=)");
  return opened;
}

Result<ListeningSocket> ListeningSocket::open(const Endpoint& endpoint, int unix_mode) {
  const SocketAddress address = address_of(endpoint);
  if (const int inherited = take_inherited(endpoint, address); inherited >= 0)
    return ListeningSocket(inherited, endpoint, false);
  const int descriptor =
      ::socket(address.storage.ss_family, type_of(endpoint) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return refuse(errno, endpoint);
  ListeningSocket socket(descriptor, endpoint, false);
  const int on = 1;
  if (endpoint.is_unix()) {
    if (is_left_over(endpoint, address)) ::unlink(endpoint.path.c_str());
  } else if (endpoint.is_stream()) {
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  if (address.storage.ss_family == AF_INET6) {
    const int both = 0;  // [::] hears IPv4 too
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both);
  }
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0)
    return refuse(errno, endpoint);
  if (endpoint.is_unix()) {
    socket.owns_path_ = true;
    if (::chmod(endpoint.path.c_str(), static_cast<mode_t>(unix_mode)) != 0)
      return refuse(errno, endpoint);
  }
  if (endpoint.is_stream() && ::listen(descriptor, kBacklog) != 0) return refuse(errno, endpoint);
  return socket;
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      endpoint_(std::move(other.endpoint_)),
      owns_path_(std::exchange(other.owns_path_, false)) {}

ListeningSocket::~ListeningSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (owns_path_) ::unlink(endpoint_.path.c_str());
}

std::uint16_t ListeningSocket::port() const {
  SocketAddress bound;
  bound.length = sizeof bound.storage;
  if (endpoint_.is_unix() ||
      getsockname(descriptor_, reinterpret_cast<sockaddr*>(&bound.storage), &bound.length) != 0)
    return 0;
  return peer_at(bound.storage, bound.length).port;
}

Peer peer_at(const sockaddr_storage& address, socklen_t length) {
  Peer peer;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (length >= sizeof(sockaddr_in) && address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    peer.address = text.data();
    peer.port = ntohs(v4.sin_port);
    peer.is_this_host = peer.address.starts_with("127.");
  } else if (length >= sizeof(sockaddr_in6) && address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
      inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    else inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    peer.address = text.data();
    peer.port = ntohs(v6.sin6_port);
    peer.is_this_host = peer.address == "::1" || peer.address.starts_with("127.");
    if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && !peer.is_this_host) {
      in6_addr network = v6.sin6_addr;
      std::memset(&network.s6_addr[8], 0, 8);
      inet_ntop(AF_INET6, &network, text.data(), text.size());
      peer.network = std::string(text.data()) + "/64";
    }
  } else {
    peer.address = "unix";
    peer.is_this_host = true;
  }
  if (peer.network.empty()) peer.network = peer.address;
  return peer;
}

}  // namespace handshaked::net
