#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "diagnose/tls/peer_address.h"

namespace handshaked::diagnose {

/// A peer as nginx's configuration or the operator's own command line names it.
struct NamedPeer {
  std::string host{};  ///< a name, an address, or "unix:/path"
  std::uint16_t port = 0;

  bool operator==(const NamedPeer&) const = default;
};

/// Looks a name up: its addresses in numbers. resolve_name() of name_resolution.h does it in the
/// child process.
using ResolveName = std::function<Result<std::vector<std::string>>(const std::string& host)>;

/// An address that may be probed. Only ProbePolicy makes one: whoever holds it has passed the
/// check, and it is a number, so that nothing is looked up a second time.
class AllowedPeer {
 public:
  const PeerAddress& address() const { return address_; }
  /// What it was named as: for the log line of the probe.
  const std::string& named_as() const { return named_as_; }

 private:
  friend class ProbePolicy;
  AllowedPeer(PeerAddress address, std::string named_as)
      : address_(std::move(address)), named_as_(std::move(named_as)) {}
  PeerAddress address_;
  std::string named_as_;
};

/// Which addresses may be probed: those of peers that the configuration names, and those that the
/// allow list covers; of both never the ones that reason_never_probed() knows. An address or a name
/// from a log line is only ever compared with these. Immutable; any thread.
class ProbePolicy {
 public:
  /// `allow_list`: "10.0.0.0/8", "2001:db8::/32", "192.0.2.7", "192.0.2.7:443", "backend.example",
  /// "backend.example:443", "[::1]:443", "unix:/run/x". invalid_configuration names the entry that
  /// is none of these. At most kMaxNamed of each.
  static Result<ProbePolicy> create(std::vector<NamedPeer> configured,
                                    const std::vector<std::string>& allow_list);

  /// All addresses of a peer that the configuration or the allow list names, in the order of the
  /// look-up, looked up once. Fails with permission_denied when neither names it, or when not one
  /// of its addresses may be probed (the reason says which and why).
  Result<std::vector<AllowedPeer>> addresses_of(const NamedPeer& peer,
                                                const ResolveName& resolve) const;

  /// The address that a log line mentions, if a named peer has it. Names are looked up until one
  /// does.
  Result<AllowedPeer> address_in_log(const PeerAddress& address, const ResolveName& resolve) const;

  static constexpr std::size_t kMaxNamed = 10'000;
  static constexpr std::size_t kMaxLookups = 16;    ///< of address_in_log
  static constexpr std::size_t kMaxAddresses = 32;  ///< of one name

 private:
  struct Network {
    std::string bytes;  ///< 4 or 16
    unsigned prefix_bits = 0;
    std::uint16_t port = 0;  ///< 0: any
  };
  ProbePolicy() = default;
  Result<> add_allowed(const std::string& entry);
  bool covers(const PeerAddress& address) const;
  bool names(const NamedPeer& peer) const;

  std::vector<NamedPeer> named_;  ///< port 0: any, allow list only
  std::vector<Network> networks_;
};

}  // namespace handshaked::diagnose
