#pragma once

#include "diagnose/upstream/handshake/handshake_report.h"

namespace handshaked::diagnose {

// The families of handshake faults. Each looks at what was seen, or logged where nobody could look,
// and says true when the fault is one of its own: it has concluded then, and proposed what it
// could.

/// nginx speaks plain text to a TLS port: http:// or grpc:// (or no proxy_ssl).
bool diagnose_plain_to_tls(HandshakeReport& report);
/// nginx speaks TLS, and the peer something else: HTTP, SSH, a database. Looks for the right port
/// among those that the configuration names.
bool diagnose_not_tls(HandshakeReport& report);
/// The peer demands a client certificate, or refuses ours.
bool diagnose_client_certificate(HandshakeReport& report);
/// nginx itself cannot read its client certificate: "cannot load certificate".
bool diagnose_unreadable_client_certificate(HandshakeReport& report);
/// nginx speaks TLS, the peer answers in plain text, and yet it speaks TLS: to a client that sends
/// no PROXY header, or names its host.
bool diagnose_tls_behind_plain(HandshakeReport& report);
/// SNI, versions, ciphers, groups, signatures, ALPN, PROXY header, and what only obsolete settings
/// would reach.
bool diagnose_parameters(HandshakeReport& report);
/// Which version of nginx runs is not known, and the versions that it offers by default depend on
/// that: an older nginx's offer may be what the line is about.
bool diagnose_old_defaults(HandshakeReport& report);
/// Our own handshake succeeds, and nginx itself is still refused: by what only its library sends.
bool diagnose_nginx_alone(HandshakeReport& report);
/// The handshake succeeds, and the peer has ignored the request for HTTP/2.
bool diagnose_not_http2(HandshakeReport& report);
/// SNI is sent, and the peer knows no such name.
bool diagnose_unknown_name(HandshakeReport& report);
/// No connection: refused, unreachable, no address.
bool diagnose_connection(HandshakeReport& report);
/// All peers of a group are marked as failed.
bool diagnose_no_live_upstreams(HandshakeReport& report);
/// What remains: the peer ends it, or is silent, or bytes are damaged. Always concludes.
void diagnose_peer_failure(HandshakeReport& report);

/// "before → after" for every change of a patch, and the reload: what people do by hand.
Text hand_written(const ConfigurationPatch& patch, const Text& remark = {});

}  // namespace handshaked::diagnose
