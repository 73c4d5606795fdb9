#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/patch/configuration_patch.h"
#include "diagnose/upstream/handshake/handshake_widening.h"
#include "diagnose/upstream/upstream_place.h"

namespace handshaked::diagnose {

/// What was found by varying a handshake, written as nginx's directives: at the place's own level,
/// with the least that does it (exactly the suite and the group that the peer took, never a
/// security level).

/// "{family}_{setting} arguments;" at the place.
Result<> set_upstream_directive(ConfigurationPatch& patch, const UpstreamView& view,
                                std::string_view setting, std::span<const std::string> arguments);

/// The place with the other scheme: "https://x/y" for "http://x/y"; for stream `proxy_ssl on` or
/// `off`.
Result<> set_scheme(ConfigurationPatch& patch, const UpstreamView& view, bool is_tls);

/// A *_ssl_conf_command at the place. A level that has one hides all of an outer level: those are
/// repeated beside it. Fails with not_found where this version of nginx has no such directive.
Result<> set_conf_command(ConfigurationPatch& patch, const UpstreamView& view,
                          std::string_view name, const std::string& value);

/// The value of a command that governs the place ("Groups" also when it is written "curves"); empty
/// when there is none.
std::string conf_command(const UpstreamView& view, std::string_view name);

/// The groups of the place that make a large ClientHello (post-quantum ones, finite fields) taken
/// away; the usual classical ones where nothing is left, or nothing is written.
std::string small_groups(const UpstreamView& view);
/// The place offers, with a large ClientHello, all that the peer took a small one with: it is about
/// the size, not about what is offered.
bool is_size_alone(const UpstreamView& view, const WidenedHandshake& found);

/// The words of *_ssl_protocols that make a peer with `needed` reachable: what is written there
/// already and `needed`; for a default only TLS 1.2 and 1.3.
std::vector<std::string> protocols_with(const UpstreamView& view, TlsVersion needed);

/// Writes all that `found` needs. Fails with invalid_input when one of its changes cannot be
/// written as a directive (an unsafe one, or a suite that the list cannot have).
Result<> write_widening(ConfigurationPatch& patch, const UpstreamView& view,
                        const WidenedHandshake& found);

}  // namespace handshaked::diagnose
