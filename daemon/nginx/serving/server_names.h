#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/configuration/configuration.h"

namespace handshaked::nginx {

/// One name of a server block, as ngx_http_core_server_name() keeps it: in lower case, unless it is
/// a regular expression.
struct ServerName {
  enum class Kind : std::uint8_t {
    exact,              ///< "www.corp.test", "" for requests without a name
    leading_wildcard,   ///< "*.corp.test", and ".corp.test", which is also the name itself
    trailing_wildcard,  ///< "www.*"
    regex,              ///< "~^www\d+\.corp\.test$", with its '~'
  };
  Kind kind = Kind::exact;
  std::string text;
  const Directive* directive = nullptr;
};

struct ServerNames {
  std::vector<ServerName> names;
  /// What nginx writes behind "server: " for a request: the first name, without a leading '.';
  /// empty for a server without names.
  std::string logged;
  /// The first name is "$hostname": `logged` is then the name of the host that nginx runs on, which
  /// the configuration does not tell.
  bool is_host_name = false;
};

/// The names of a server block (http; stream since 1.25.5; mail has one).
ServerNames server_names(const Directive& server);

/// How well a name fits a host, in the order in which nginx looks: 0 not at all.
enum class NameMatch : std::uint8_t {
  none,
  may_match,
  regex,
  trailing_wildcard,
  leading_wildcard,
  exact
};
NameMatch match_name(const ServerName& name, std::string_view host);

/// Which of several servers behind one address gets a host name (SNI or Host); the index of the
/// first when none has the name. `servers` stand in nginx's order, the default server first.
/// `is_certain` is false when a regular expression before it cannot be tried.
struct ServerChoice {
  std::size_t index = 0;
  NameMatch match = NameMatch::none;
  bool is_certain = true;
};
ServerChoice choose_server(std::span<const ServerNames* const> servers, std::string_view host);

}  // namespace handshaked::nginx
