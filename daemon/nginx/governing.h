#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/effective_tls.h"
#include "nginx/serving/listener_tls.h"

namespace handshaked::nginx {

/// What a log line tells about a place. Every text may be empty: the line has no such field.
/// `request_target`, `upstream_path` and `host` are written by strangers: they order candidates and
/// never add one.
struct LoggedPlace {
  std::string_view
      scheme;  ///< of `upstream:`: "https", "grpcs", "suwsgi", "http"…; empty for stream
  std::string_view
      peer;  ///< of `upstream:`: "10.0.0.1:443", "[::1]:443", "unix:/run/x", or the name of a group
  std::string_view upstream_path;  ///< of `upstream:`: what follows the peer
  std::string_view server;  ///< of `server:`: the first server name, or the address of the socket
  std::string_view request_target;  ///< of `subrequest:`, else of `request:`: "/a?b"
  std::string_view host;            ///< of `host:`
  std::string_view expected_name;   ///< "upstream SSL certificate does not match "NAME""
  std::optional<Module>
      module;  ///< when something else tells it; stream is told from an empty scheme
};

/// One place that may govern a logged connection. Borrows from the inventory.
struct GoverningTarget {
  const PassTarget* target = nullptr;
  const Destination* destination = nullptr;  ///< nullptr: only a request tells where it goes
  const UpstreamServer* member =
      nullptr;            ///< of a group; nullptr: the host itself, or the line names the group
  double confidence = 0;  ///< 0 to 1; candidates that are equally good share it
  std::string why;        ///< for people
};

/// The addresses of a name, as text without a port ("10.0.0.1", "2001:db8::1"); none when it cannot
/// be resolved. May be asked for the same name again.
using ResolveName = std::function<std::vector<std::string>(const std::string& name)>;

/// Which `*_pass` made the connection that a line is about, best first; at most `most`. Candidates
/// that cannot be (another scheme, another port) are left out. Without a resolver names are
/// candidates, not matches.
std::vector<GoverningTarget> governing_targets(const PassInventory& inventory,
                                               const LoggedPlace& place,
                                               const ResolveName& resolve = {},
                                               std::size_t most = 20);

/// One server block that may have answered a logged client. Borrows from the inventory.
struct GoverningListener {
  const Listener* listener = nullptr;
  const ListeningServer* server = nullptr;
  double confidence = 0;
  std::string why;
};

/// Which listener a client was talking to, best first. During a handshake nginx logs the socket's
/// address, and the server is the default one or the one of the client's SNI, which no line tells;
/// afterwards it logs the first server name.
std::vector<GoverningListener> governing_listeners(const ListenerInventory& inventory,
                                                   const LoggedPlace& place, std::size_t most = 20);

}  // namespace handshaked::nginx
