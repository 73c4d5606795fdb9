#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "diagnose/diagnosis.h"
#include "diagnose/upstream/upstream_place.h"
#include "nginx/installation.h"

namespace handshaked::diagnose {

class SharedNginx;

/// What nginx itself made of one handshake.
struct NginxHandshake {
  bool has_passed = false;
  std::string complaint;  ///< what it wrote when it did not: "upstream SSL certificate verify
                          ///< error: (20:…) while SSL handshaking to upstream"
};

/// Of a fix with which nginx did not pass.
Proof refuted_by_nginx(const NginxHandshake& handshake);

struct NginxProverOptions {
  std::string program;  ///< the nginx in use: its own OpenSSL, its own defaults
  const nginx::Installation* installation = nullptr;
  std::chrono::steady_clock::time_point deadline{};
  /// The peer may ask for a certificate of ours: what it thinks of it, it says when TLS 1.3's
  /// handshake is over.
  bool may_refuse_late = true;
  SharedNginx* together =
      nullptr;  ///< by whom instances are shared; nullptr: this proof has one of its own
};

/// Lets the nginx in use make the handshake of a place: a private instance in a temporary
/// directory, where a `stream` server on a Unix socket has the place's effective *_ssl_* values as
/// stream's own, and `proxy_pass` to `peer`. One connection, no request; its error log is the
/// verdict. When we are root, the master of the instance reads the configuration and the keys, and
/// a worker without rights (`user` of the configuration) parses what the peer sends. Of gRPC and
/// HTTP/2 it says nothing about ALPN, which stream does not send. The files of `view` are copied as
/// they are seen through it; a key is named where it is. Fails with not_found where this nginx has
/// no stream module with TLS, with invalid_input where only a request tells a value, with timeout
/// or io when the instance says nothing. Blocks; leaves nothing behind, also on SIGINT, SIGTERM and
/// SIGHUP, which wait until then; when we are killed, the instance ends and its directory stays.
Result<NginxHandshake> shake_hands_as_nginx(const UpstreamView& view, const PeerAddress& peer,
                                            const nginx::PeerName& name,
                                            const NginxProverOptions& options);

}  // namespace handshaked::diagnose
