#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace handshaked::nginx {

/// Host and port as ngx_parse_url() (src/core/ngx_inet.c) takes them apart.
struct Address {
  enum class Kind : std::uint8_t { name, ipv4, ipv6, unix_socket, any };
  Kind kind = Kind::name;
  std::string host;  ///< as written: a name, "10.0.0.1", "[::1]" with its brackets, a socket's
                     ///< path; "*" for any
  std::uint16_t port = 0;       ///< 0: none
  std::uint16_t last_port = 0;  ///< the end of a range in `listen`; 0: no range
  bool has_port = false;        ///< written; otherwise `port` is the default
  std::string uri;  ///< what follows, from '/' or '?' on; for a socket what follows the second ':'

  bool is_ip() const { return kind == Kind::ipv4 || kind == Kind::ipv6; }
  std::string text() const;  ///< "10.0.0.1:443", "unix:/run/x.sock"
  bool operator==(const Address&) const = default;
};

enum class AddressForm : std::uint8_t {
  peer,    ///< host[:port], unix:path
  url,     ///< the same, and then a URI
  listen,  ///< also a port alone, '*', and a range of ports
};

/// nullopt for what nginx refuses ("invalid port", "no host", "invalid host").
std::optional<Address> parse_address(std::string_view text, AddressForm form,
                                     std::uint16_t default_port = 0);

/// The same host and the same port. Names are compared without case, addresses by their bytes
/// ("[::1]" is "[0:0::1]").
bool is_same_endpoint(const Address& left, const Address& right);
bool is_same_host(std::string_view left, std::string_view right);

std::string to_lower(std::string_view text);

}  // namespace handshaked::nginx
