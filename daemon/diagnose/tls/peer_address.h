#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace handshaked::diagnose {

/// A numeric IP address in its canonical text form, or a Unix socket. IPv4 addresses mapped into
/// IPv6 become IPv4.
struct PeerAddress {
  std::string ip{};  ///< "192.0.2.7", "2001:db8::1"; empty for a Unix socket
  std::uint16_t port = 0;
  std::string unix_path{};

  bool is_unix() const { return !unix_path.empty(); }
  bool operator==(const PeerAddress&) const = default;
};

/// "192.0.2.7:443", "[2001:db8::1]:443", "unix:/run/x".
std::string to_string(const PeerAddress& address);

/// Strictly four decimal numbers, or IPv6 without a zone: "127.1", "0x7f.1", "2130706433",
/// "010.0.0.1" and "fe80::1%eth0" are refused (invalid_input), port 0 too.
Result<PeerAddress> ip_peer(std::string_view ip, std::uint16_t port);
/// An absolute path that fits into a socket address; no abstract sockets.
Result<PeerAddress> unix_peer(std::string path);

/// What `host` is, before anybody resolves it. Odd numeric forms are what inet_aton would take for
/// an address and people would not.
enum class HostForm { address, name, odd_number, malformed };
HostForm form_of_host(std::string_view host);

/// Why an address is never probed, whatever names it ("link-local", "cloud metadata", "multicast",
/// "unspecified", "broadcast or reserved"), also when it hides in a mapped, compatible, NAT64,
/// 6to4, Teredo or ISATAP address. None for all others.
std::optional<std::string> reason_never_probed(const PeerAddress& address);

/// How a listener of this host is reached: the wildcard through loopback, everything else as it is.
std::string reachable_form_of_listener(std::string_view ip);

}  // namespace handshaked::diagnose
