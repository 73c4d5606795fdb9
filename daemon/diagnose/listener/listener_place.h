#pragma once

#include <string>
#include <vector>

#include "diagnose/case/configured_file.h"
#include "diagnose/case/local_case.h"
#include "diagnose/tls/peer_observation.h"
#include "nginx/governing.h"

namespace handshaked::diagnose {

/// The listener that a client was talking to, and the servers that may have answered. Borrows from
/// the surroundings' configuration.
struct ListenerPlace {
  std::vector<nginx::GoverningListener> candidates;  ///< best first; never empty
  const nginx::Listener& listener() const { return *candidates.front().listener; }
  const nginx::ListeningServer& server() const { return *candidates.front().server; }
  double confidence() const { return candidates.front().confidence; }
};
/// nullopt when no listener of the configuration fits the line.
std::optional<ListenerPlace> find_listener(const LocalCase& local);

/// The block of a listening server.
inline const nginx::Directive& block_of(const nginx::ListeningServer& server) {
  return *server.server->directive;
}

/// The exact names of a server, without wildcards and expressions.
std::vector<std::string> exact_names(const nginx::ListeningServer& server);

/// The files of ssl_certificate that count for a server.
std::vector<ConfiguredFile> certificate_files(const LocalCase& local,
                                              const nginx::ListeningServer& server);

/// What the running listener serves now to a client that asks for `name` (empty: no SNI); through
/// loopback, as far as the prober allows.
Result<PeerObservation> observe_listener(const LocalCase& local, const nginx::Listener& listener,
                                         const std::string& name);

/// Puts a directive where it counts for one server alone: into its own block, whatever outer level
/// it stands on now.
Result<ConfigurationPatch> with_server_directive(const LocalCase& local,
                                                 const nginx::ListeningServer& server,
                                                 std::string_view name,
                                                 std::span<const std::string> arguments);

}  // namespace handshaked::diagnose
