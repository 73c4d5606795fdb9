#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/tls/tls_probe.h"

namespace handshaked::diagnose {

/// One thing of a handshake that can be asked for differently. The order is that of trust: what
/// stands first is given up last when a peer would take one of two.
enum class Widening : std::uint8_t {
  sni,                   ///< the name is sent
  protocols,             ///< TLS 1.2 and 1.3 are offered as well
  groups,                ///< every group of OpenSSL
  signatures,            ///< no restriction of signature algorithms
  ciphers,               ///< every suite that encrypts and authenticates
  no_dhe,                ///< no finite-field Diffie-Hellman: narrower, not wider
  without_alpn,          ///< no ALPN protocol is asked for
  proxy_header,          ///< the PROXY line, when none was sent; none, when one was
  legacy_renegotiation,  ///< unsafe: peers without RFC 5746
  obsolete,              ///< unsafe: TLS 1.0 and 1.1, security level 0
};
bool is_unsafe(Widening widening);

/// Makes one handshake; none when it may not be made, or there is no time left.
using MakeHandshake = std::function<std::optional<ProbeResult>(const ProbeRequest&)>;

/// A request that the peer takes, and the least that had to change.
struct WidenedHandshake {
  std::vector<Widening> needed;
  ProbeRequest request;
  ProbeResult seen;

  bool needs(Widening widening) const;
};

/// The peer took the parameters: the handshake is complete, or all that is left is a quarrel about
/// the client certificate.
bool has_agreed(const ProbeResult& seen);

/// Every version between the lowest and the highest, in order: OpenSSL offers nothing above a hole.
std::vector<TlsVersion> without_holes(std::vector<TlsVersion> versions);

/// It answered the ClientHello, and not in TLS.
bool is_plain_answer(const ProbeResult& seen);

/// `request` with one thing asked for differently; none when that is no difference. `name` is what
/// SNI would be.
std::optional<ProbeRequest> widened(const ProbeRequest& request, Widening widening,
                                    const std::string& name);

/// Everything of `among` at once, and then one after the other back again while the peer still
/// takes it: finds a single cause and a pair with at most 1 + |among| handshakes. none when even
/// everything together is refused, or could not be tried.
std::optional<WidenedHandshake> find_widening(const ProbeRequest& own,
                                              const std::vector<Widening>& among,
                                              const std::string& name, const MakeHandshake& make);

}  // namespace handshaked::diagnose
