#include "diagnose/tls/peer_address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include "base/ip_text.h"

namespace handshaked::diagnose {
namespace {

using V4 = std::array<std::uint8_t, 4>;
using V6 = std::array<std::uint8_t, 16>;

std::optional<V4> parse_v4(const std::string& text) {
  V4 bytes{};
  // read_ip() takes four decimal numbers only; it lets no leading zero through either.
  if (!read_ip(AF_INET, text, bytes.data())) return std::nullopt;
  return bytes;
}

std::optional<V6> parse_v6(const std::string& text) {
  V6 bytes{};
  if (!read_ip(AF_INET6, text, bytes.data())) return std::nullopt;
  return bytes;
}

std::string print(int family, const void* bytes) {
  char text[INET6_ADDRSTRLEN];
  return ::inet_ntop(family, bytes, text, sizeof text) ? text : "";
}

bool begins(const V6& address, std::initializer_list<int> bytes) {
  return std::equal(bytes.begin(), bytes.end(), address.begin(),
                    [](int a, std::uint8_t b) { return a == b; });
}
bool is_zero(const V6& address, std::size_t from, std::size_t to) {
  return std::all_of(address.begin() + static_cast<std::ptrdiff_t>(from),
                     address.begin() + static_cast<std::ptrdiff_t>(to),
                     [](std::uint8_t b) { return b == 0; });
}
V4 v4_at(const V6& address, std::size_t at) {
  return {address[at], address[at + 1], address[at + 2], address[at + 3]};
}

bool is_mapped(const V6& address) {
  return is_zero(address, 0, 10) && address[10] == 0xFF && address[11] == 0xFF;
}

std::optional<std::string> reason_v4(const V4& a) {
  if (a == V4{169, 254, 169, 254}) return "cloud metadata";
  // Alibaba Cloud, Oracle Cloud and Azure answer there.
  if (a == V4{100, 100, 100, 200} || a == V4{192, 0, 0, 192} || a == V4{168, 63, 129, 16})
    return "cloud metadata";
  if (a[0] == 169 && a[1] == 254) return "link-local";
  if (a[0] == 0) return "unspecified";
  if (a[0] >= 224 && a[0] <= 239) return "multicast";
  if (a[0] >= 240) return "broadcast or reserved";
  return std::nullopt;
}

/// The IPv4 addresses that an IPv6 address can lead to. RFC 4291, 6052, 8215, 3056, 4380, 5214,
/// 2765.
std::vector<V4> embedded_v4(const V6& a) {
  std::vector<V4> found;
  if (is_mapped(a)) found.push_back(v4_at(a, 12));
  const bool is_loopback = is_zero(a, 0, 15) && a[15] == 1;
  if (is_zero(a, 0, 12) && !is_zero(a, 12, 16) && !is_loopback) found.push_back(v4_at(a, 12));
  if (is_zero(a, 0, 8) && a[8] == 0xFF && a[9] == 0xFF && a[10] == 0 && a[11] == 0)
    found.push_back(v4_at(a, 12));
  if (begins(a, {0x00, 0x64, 0xFF, 0x9B})) {
    found.push_back(v4_at(a, 12));
    // A local prefix of 48, 56 or 64 bits has the address around its ninth byte, which is zero.
    // A reading that begins with zero is the inside of a longer prefix.
    if (a[4] == 0 && a[5] == 1)
      for (const V4& v4 : {V4{a[6], a[7], a[9], a[10]}, V4{a[7], a[9], a[10], a[11]},
                           V4{a[9], a[10], a[11], a[12]}})
        if (v4[0] != 0) found.push_back(v4);
  }
  if (begins(a, {0x20, 0x02})) found.push_back(v4_at(a, 2));
  if (begins(a, {0x20, 0x01, 0x00, 0x00})) {
    found.push_back(v4_at(a, 4));
    V4 client = v4_at(a, 12);
    for (std::uint8_t& byte : client) byte = static_cast<std::uint8_t>(~byte);
    found.push_back(client);
  }
  const bool is_isatap = (a[8] & 0xFD) == 0 && a[9] == 0 && a[10] == 0x5E && a[11] == 0xFE;
  if (is_isatap) found.push_back(v4_at(a, 12));
  return found;
}

std::optional<std::string> reason_v6(const V6& a) {
  if (is_zero(a, 0, 16)) return "unspecified";
  if (a[0] == 0xFF) return "multicast";
  if (a[0] == 0xFE && (a[1] & 0xC0) == 0x80) return "link-local";
  if (a[0] == 0xFE && (a[1] & 0xC0) == 0xC0) return "site-local";
  // Amazon and Google answer there.
  const bool is_metadata =
      (begins(a, {0xFD, 0x00, 0x0E, 0xC2}) || begins(a, {0xFD, 0x20, 0x00, 0xCE})) &&
      is_zero(a, 4, 14) && a[14] == 2 && a[15] == 0x54;
  if (is_metadata) return "cloud metadata";
  for (const V4& v4 : embedded_v4(a))
    if (auto reason = reason_v4(v4)) return *reason + " inside an IPv6 address";
  return std::nullopt;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

}  // namespace

std::string to_string(const PeerAddress& address) {
  if (address.is_unix()) return "unix:" + address.unix_path;
  const bool is_v6 = address.ip.find(':') != std::string::npos;
  return (is_v6 ? "[" + address.ip + "]" : address.ip) + ":" + std::to_string(address.port);
}

Result<PeerAddress> ip_peer(std::string_view ip, std::uint16_t port) {
  if (port == 0) return fail(ErrorCode::invalid_input, "port 0");
  const std::string text(ip.substr(0, INET6_ADDRSTRLEN + 1));
  if (const auto v4 = parse_v4(text)) return PeerAddress{print(AF_INET, v4->data()), port, {}};
  if (const auto v6 = parse_v6(text)) {
    if (is_mapped(*v6)) return PeerAddress{print(AF_INET, v6->data() + 12), port, {}};
    return PeerAddress{print(AF_INET6, v6->data()), port, {}};
  }
  return fail(ErrorCode::invalid_input, "not an address: " + text);
}

Result<PeerAddress> unix_peer(std::string path) {
  if (path.empty() || path.front() != '/' || path.find('\0') != std::string::npos)
    return fail(ErrorCode::invalid_input, "not a path of a socket");
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return fail(ErrorCode::invalid_input, "the path of the socket is too long: " + path);
  return PeerAddress{{}, 0, std::move(path)};
}

HostForm form_of_host(std::string_view host) {
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    return parse_v6(std::string(host)) ? HostForm::address : HostForm::malformed;
  }
  if (host.empty() || host.size() > 253) return HostForm::malformed;
  const std::string text(host);
  if (parse_v4(text) || parse_v6(text)) return HostForm::address;
  if (host.back() == '.') host.remove_suffix(1);
  std::string_view last;
  for (std::string_view rest = host;;) {
    const auto dot = rest.find('.');
    last = rest.substr(0, dot);
    if (last.empty() || last.size() > 63 ||
        !std::all_of(last.begin(), last.end(), is_name_character))
      return HostForm::malformed;
    if (dot == std::string_view::npos) break;
    rest = rest.substr(dot + 1);
  }
  // As the URL standard has it: a host whose last label is a number is an IPv4 address or nothing.
  const bool is_hex = last.size() >= 2 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X');
  if (is_hex || std::all_of(last.begin(), last.end(), is_digit)) return HostForm::odd_number;
  return HostForm::name;
}

std::optional<std::string> reason_never_probed(const PeerAddress& address) {
  if (address.is_unix()) return std::nullopt;
  if (const auto v4 = parse_v4(address.ip)) return reason_v4(*v4);
  if (const auto v6 = parse_v6(address.ip)) return reason_v6(*v6);
  return "not an address in numbers";
}

std::string reachable_form_of_listener(std::string_view ip) {
  if (ip.size() > 1 && ip.front() == '[' && ip.back() == ']') ip = ip.substr(1, ip.size() - 2);
  const std::string text(ip);
  if (text.empty() || text == "*") return "127.0.0.1";
  if (const auto v4 = parse_v4(text)) return *v4 == V4{} ? "127.0.0.1" : text;
  if (const auto v6 = parse_v6(text)) return is_zero(*v6, 0, 16) ? "::1" : text;
  return text;
}

}  // namespace handshaked::diagnose
