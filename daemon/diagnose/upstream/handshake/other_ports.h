#pragma once

#include <string>
#include <vector>

#include "diagnose/upstream/upstream_case.h"

namespace handshaked::diagnose {

/// Other ports of the host of a peer: where the right one may be when the configured one is wrong.
/// Only what the configuration names for upstreams, and what is open on this very host where the
/// operator's allow list covers it; the prober has the last word on each.
struct OtherPort {
  std::uint16_t port = 0;
  std::string named_by;  ///< "/etc/nginx/nginx.conf:12", "open on this host"
};
std::vector<OtherPort> other_ports(const UpstreamCase& upstream);

/// A patch that points the place to another port of the same host: its member of the group, or the
/// `*_pass` itself. Fails when a variable says where it goes.
Result<ConfigurationPatch> patch_with_port(const UpstreamCase& upstream, std::uint16_t port);

/// TCP ports on which somebody listens on an address of this host, from the text of /proc/net/tcp
/// (or tcp6).
std::vector<std::uint16_t> listening_ports(const std::string& proc_net_tcp);

}  // namespace handshaked::diagnose
