#include "nginx/serving/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/ip_text.h"

namespace handshaked::nginx {
namespace {

/// ngx_atoi() and the check behind it: digits only, 1 to 65535.
std::optional<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || port < 1 ||
      port > 65535)
    return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

bool take_ports(std::string_view text, AddressForm form, Address& address) {
  const std::size_t dash = form == AddressForm::listen ? text.find('-') : std::string_view::npos;
  const auto first = parse_port(text.substr(0, dash));
  if (!first) return false;
  address.port = *first;
  address.has_port = true;
  if (dash == std::string_view::npos) return true;
  const auto last = parse_port(text.substr(dash + 1));
  if (!last || *last < *first) return false;
  address.last_port = *last;
  return true;
}

struct IpBytes {
  std::array<unsigned char, 16> bytes{};
  int family = 0;
  bool operator==(const IpBytes&) const = default;
};

std::optional<IpBytes> ip_bytes(std::string_view host) {
  IpBytes ip;
  const bool has_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string_view text = has_brackets ? host.substr(1, host.size() - 2) : host;
  ip.family = text.find(':') != std::string_view::npos ? AF_INET6 : AF_INET;
  if (!read_ip(ip.family, text, ip.bytes.data())) return std::nullopt;
  return ip;
}

std::optional<Address> parse_unix(std::string_view text, AddressForm form) {
  Address address;
  address.kind = Address::Kind::unix_socket;
  text.remove_prefix(5);
  if (const std::size_t colon = text.find(':');
      form == AddressForm::url && colon != std::string_view::npos) {
    address.uri = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  if (text.empty()) return std::nullopt;
  address.host = text;
  return address;
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string Address::text() const {
  if (kind == Kind::unix_socket) return "unix:" + host;
  if (port == 0) return host;
  return host + ":" + std::to_string(port) +
         (last_port != 0 ? "-" + std::to_string(last_port) : "");
}

std::optional<Address> parse_address(std::string_view text, AddressForm form,
                                     std::uint16_t default_port) {
  if (to_lower(text.substr(0, 5)) == "unix:") return parse_unix(text, form);
  Address address;
  address.port = default_port;
  std::size_t port_from = 0;
  if (text.starts_with('[')) {
    port_from = text.find(']');
    if (port_from == std::string_view::npos) return std::nullopt;
  }
  if (const std::size_t uri = text.find_first_of("/?", port_from); uri != std::string_view::npos) {
    if (form != AddressForm::url) return std::nullopt;
    address.uri = text.substr(uri);
    text = text.substr(0, uri);
  }
  const std::size_t colon = text.find(':', port_from);
  std::string_view host = text.substr(0, colon);
  if (colon != std::string_view::npos) {
    if (!take_ports(text.substr(colon + 1), form, address)) return std::nullopt;
  } else if (form == AddressForm::listen && !text.empty() &&
             text.find_first_not_of("0123456789-") == std::string_view::npos) {
    if (!take_ports(text, form, address)) return std::nullopt;
    host = "*";
  }
  if (host.empty()) return std::nullopt;
  address.host = host;
  const auto ip = ip_bytes(host);
  if (host == "*" && form == AddressForm::listen) address.kind = Address::Kind::any;
  else if (host.starts_with('[')) {
    if (!ip || ip->family != AF_INET6) return std::nullopt;
    address.kind = Address::Kind::ipv6;
  } else if (ip && ip->family == AF_INET) {
    address.kind = Address::Kind::ipv4;
  }
  return address;
}

bool is_same_host(std::string_view left, std::string_view right) {
  const auto left_ip = ip_bytes(left);
  const auto right_ip = ip_bytes(right);
  if (left_ip || right_ip) return left_ip == right_ip;
  return to_lower(left) == to_lower(right);
}

bool is_same_endpoint(const Address& left, const Address& right) {
  const bool left_is_unix = left.kind == Address::Kind::unix_socket;
  if (left_is_unix != (right.kind == Address::Kind::unix_socket)) return false;
  if (left_is_unix) return left.host == right.host;
  return left.port == right.port && is_same_host(left.host, right.host);
}

}  // namespace handshaked::nginx
