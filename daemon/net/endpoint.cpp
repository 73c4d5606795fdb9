#include "net/endpoint.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ip_text.h"

namespace handshaked::net {
namespace {

using Transport = Endpoint::Transport;

constexpr std::pair<std::string_view, Transport> kSchemes[] = {
    {"tcp://", Transport::tcp},
    {"tls://", Transport::tls},
    {"udp://", Transport::udp},
    {"http://", Transport::tcp},
    {"https://", Transport::tls},
    {"unix:", Transport::unix_stream},
    {"unixgram:", Transport::unix_datagram},
    {"systemd:", Transport::tcp},
    {"systemd-tls:", Transport::tls}};

auto refuse(std::string_view text, const std::string& why) {
  return fail(ErrorCode::invalid_configuration, "\"" + std::string(text) + "\" " + why);
}

bool is_address(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  return read_ip(AF_INET, host, &v4) || read_ip(AF_INET6, host, &v6);
}

Result<Endpoint> parse_address(std::string_view text, std::string_view rest, Endpoint endpoint) {
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos)
    return refuse(text, "needs a port, as in tcp://127.0.0.1:5514");
  std::string_view host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return refuse(text, "needs brackets around its IPv6 address, as in tcp://[::1]:5514");
  endpoint.host = host;
  if (!is_address(endpoint.host))
    return refuse(text, "needs an address of this host (127.0.0.1, 0.0.0.0, [::]), not a name");
  const std::string_view digits = rest.substr(colon + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (error != std::errc() || end != digits.data() + digits.size())
    return refuse(text, "needs a port from 0 to 65535");
  return endpoint;
}

/// As systemd has it: FileDescriptorName= in systemd.socket(5).
bool is_descriptor_name(std::string_view name) {
  const auto is_bad = [](char c) { return c == ':' || c < ' ' || c == 0x7F; };
  return !name.empty() && name.size() <= 255 && std::none_of(name.begin(), name.end(), is_bad);
}

Result<Endpoint> parse_inherited(std::string_view text, std::string_view name, Endpoint endpoint) {
  if (!is_descriptor_name(name))
    return refuse(text, "needs the FileDescriptorName= of a .socket unit, as in systemd:syslog");
  endpoint.inherited = name;
  return endpoint;
}

}  // namespace

bool Endpoint::is_local() const {
  if (!inherited.empty()) return false;  // for all that is known
  return is_unix() || host.starts_with("127.") || host == "::1";
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  for (const auto& [scheme, transport] : kSchemes) {
    if (!text.starts_with(scheme)) continue;
    Endpoint endpoint{.transport = transport,
                      .host = {},
                      .port = 0,
                      .path = {},
                      .inherited = {},
                      .text = std::string(text)};
    const std::string_view rest = text.substr(scheme.size());
    if (scheme.starts_with("systemd")) return parse_inherited(text, rest, std::move(endpoint));
    if (!endpoint.is_unix()) return parse_address(text, rest, std::move(endpoint));
    if (!rest.starts_with('/')) return refuse(text, "needs an absolute path");
    if (rest.size() >= sizeof(sockaddr_un::sun_path))
      return refuse(text, "has a path that is too long for a Unix socket");
    endpoint.path = rest;
    return endpoint;
  }
  return refuse(text,
                "is not an address to listen on: tcp://HOST:PORT, tls://HOST:PORT, "
                "udp://HOST:PORT, unix:/PATH, unixgram:/PATH or "
                "systemd:NAME");
}

}  // namespace handshaked::net
