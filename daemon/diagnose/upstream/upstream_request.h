#pragma once

#include <string_view>

#include "diagnose/tls/tls_probe.h"
#include "diagnose/upstream/upstream_place.h"

namespace handshaked::diagnose {

/// The handshake that nginx would make at a place: SNI, protocols, ciphers, conf commands, ALPN (h2
/// for gRPC), PROXY header (stream), and the client certificate when `may_read_keys`. `sni` stands
/// in for nginx's own when the name comes from a request. What nginx would refuse at start (unknown
/// words) is left out: the reader has reported it. Says in `left_out` what could not be repeated.
struct UpstreamRequest {
  ProbeRequest request;
  bool has_client_certificate = false;  ///< the configuration names one
  bool left_out_client_certificate =
      false;  ///< and it is not in the request: keys may not be read, or a file cannot
  std::string client_certificate_problem;  ///< why, for people
};
UpstreamRequest request_as_nginx(const UpstreamView& view, bool may_read_keys);

/// Is there nothing but the level and the list of ciphers between them? The peer's chain is then
/// the same.
bool differs_only_in_ciphers(const ProbeRequest& left, const ProbeRequest& right);

}  // namespace handshaked::diagnose
