#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "diagnose/tls/peer_observation.h"
#include "diagnose/tls/probe_policy.h"
#include "nginx/effective_tls.h"
#include "nginx/serving/listener_tls.h"

namespace handshaked::diagnose {

/// How far a diagnosis may go over the wire.
enum class ProbeScope : std::uint8_t {
  none,    ///< --no-probe
  frugal,  ///< the daemon: nginx's own settings, and at most one other SNI, per peer and diagnosis
  all,     ///< an operator's hand
};

struct ProberOptions {
  ProbeScope scope = ProbeScope::all;
  std::chrono::steady_clock::time_point deadline{};  ///< of the whole diagnosis
  std::size_t most_probes = 64;                      ///< all in all
  /// Told of every probe that is made: "probe 10.0.0.1:443 (backend) SNI api: TLSv1.2 …".
  std::function<void(const std::string&)> on_probe;
  /// How names are looked up; resolve_name() of this host when empty.
  ResolveName resolve;
  /// What a peer answers without being asked: a chain that it is going to present. Nothing: it is
  /// asked, as far as the scope goes.
  std::function<std::optional<ProbeResult>(const AllowedPeer&, const ProbeRequest&)> known_answer{};
};

/// The one way over the wire for a diagnosis: keeps the policy, the budget and the deadline,
/// remembers what it has seen (the same request to the same address is made once), and logs.
/// Blocks; one thread.
class Prober {
 public:
  Prober(const ProbePolicy& policy, ProberOptions options);

  /// The addresses that a peer of the configuration has now; permission_denied when it may not be
  /// probed.
  Result<std::vector<AllowedPeer>> addresses_of(const NamedPeer& peer);
  /// The peer that a log line names, if the configuration names it too.
  Result<AllowedPeer> address_in_log(std::string_view peer);

  /// Is this request within the scope? Asking costs nothing. `is_own_settings`: what nginx itself
  /// would send.
  bool may_probe(const AllowedPeer& peer, const ProbeRequest& request, bool is_own_settings) const;
  /// permission_denied when the scope or the budget forbids it, timeout at the deadline; else what
  /// was seen.
  Result<PeerObservation> observe(const AllowedPeer& peer, const ProbeRequest& request,
                                  bool is_own_settings);

  /// What was seen with this very request; nullptr: nothing was.
  const PeerObservation* seen(const AllowedPeer& peer, const ProbeRequest& request) const;

  ProbeScope scope() const { return options_.scope; }
  std::chrono::steady_clock::time_point deadline() const { return options_.deadline; }

 private:
  PeerObservation remember(const AllowedPeer& peer, const ProbeRequest& request,
                           ProbeResult result);
  bool is_other_sni_spent(const AllowedPeer& peer, const ProbeRequest& request) const;

  /// What nginx itself would send to an address, as far as it was asked here.
  struct OwnRequest {
    PeerAddress address;
    ProbeRequest request;
    std::optional<std::string> other_sni;  ///< the one variant that ProbeScope::frugal allows
  };

  const ProbePolicy& policy_;
  ProberOptions options_;
  std::vector<PeerObservation> observations_;
  std::vector<OwnRequest> own_;
  std::map<std::string, std::vector<std::string>> names_;  ///< looked up once
  std::size_t probes_ = 0;
};

/// Everything that a configuration lets nginx connect to: for ProbePolicy::create(). Listeners of
/// our own are among them, as loopback.
std::vector<NamedPeer> configured_peers(const nginx::PassInventory& passes,
                                        const nginx::ListenerInventory& listeners);

}  // namespace handshaked::diagnose
