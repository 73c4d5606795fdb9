#include "net/inherited_sockets.h"

#include <systemd/sd-daemon.h>

#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>

#include "net/listening_socket.h"

namespace handshaked::net {
namespace {

int option_of(int descriptor, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

Endpoint local_endpoint(const sockaddr_un& address, socklen_t length, bool is_stream) {
  Endpoint endpoint;
  endpoint.transport =
      is_stream ? Endpoint::Transport::unix_stream : Endpoint::Transport::unix_datagram;
  const std::size_t size =
      length > offsetof(sockaddr_un, sun_path) ? length - offsetof(sockaddr_un, sun_path) : 0;
  const std::string_view bytes(address.sun_path, size);
  endpoint.path =
      bytes.substr(0, bytes.find('\0'));  // of an abstract address nothing is left: it is no path
  endpoint.text = (is_stream ? "unix:" : "unixgram:") + endpoint.path;
  return endpoint;
}

std::vector<InheritedSocket> find_sockets() {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(0, &names);
  std::vector<InheritedSocket> sockets;
  for (int i = 0; i < count; ++i) {
    InheritedSocket socket;
    socket.descriptor = SD_LISTEN_FDS_START + i;
    socket.name = names[i];
    std::free(names[i]);
    socket.endpoint = bound_endpoint(socket.descriptor);
    const bool has_type =
        socket.endpoint.is_stream() ? option_of(socket.descriptor, SO_ACCEPTCONN) == 1 : true;
    socket.listens = has_type && !socket.endpoint.text.empty();
    sockets.push_back(std::move(socket));
  }
  std::free(names);
  return sockets;
}

}  // namespace

std::vector<InheritedSocket>& inherited_sockets() {
  static std::vector<InheritedSocket> sockets = find_sockets();
  return sockets;
}

Endpoint bound_endpoint(int descriptor) {
  Endpoint endpoint;
  const int type = option_of(descriptor, SO_TYPE);
  if (type != SOCK_STREAM && type != SOCK_DGRAM) return endpoint;
  const bool is_stream = type == SOCK_STREAM;
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) return endpoint;
  if (address.ss_family == AF_UNIX)
    return local_endpoint(reinterpret_cast<const sockaddr_un&>(address), length, is_stream);
  if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return endpoint;
  const Peer bound = peer_at(address, length);
  endpoint.transport = is_stream ? Endpoint::Transport::tcp : Endpoint::Transport::udp;
  endpoint.host = bound.address;
  endpoint.port = bound.port;
  const bool has_colon = bound.address.find(':') != std::string::npos;
  endpoint.text = std::string(is_stream ? "tcp://" : "udp://") +
                  (has_colon ? "[" + bound.address + "]" : bound.address) + ":" +
                  std::to_string(bound.port);
  return endpoint;
}

}  // namespace handshaked::net
