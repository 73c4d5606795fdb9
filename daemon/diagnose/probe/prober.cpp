#include "diagnose/probe/prober.h"

#include <algorithm>

#include "diagnose/probe/name_resolution.h"
#include "nginx/serving/address.h"

namespace handshaked::diagnose {
namespace {

/// Other than the SNI there is no difference.
bool differs_in_sni_only(ProbeRequest left, const ProbeRequest& right) {
  if (left.server_name == right.server_name) return false;
  left.server_name = right.server_name;
  return left == right;
}

std::string host_of(const nginx::Address& address) {
  std::string host = address.host;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return host;
}

/// `resolve`, that looks every name up once and keeps the answer in `names`.
ResolveName remembering(const ResolveName& resolve,
                        std::map<std::string, std::vector<std::string>>& names) {
  return [&resolve, &names](const std::string& host) -> Result<std::vector<std::string>> {
    if (const auto known = names.find(host); known != names.end()) return known->second;
    TRY(auto numbers, resolve(host));
    return names.emplace(host, std::move(numbers)).first->second;
  };
}

}  // namespace

Prober::Prober(const ProbePolicy& policy, ProberOptions options)
    : policy_(policy), options_(std::move(options)) {
  if (!options_.resolve) {
    options_.resolve = [deadline = options_.deadline](const std::string& host) {
      return resolve_name(host, deadline);
    };
  }
}

Result<std::vector<AllowedPeer>> Prober::addresses_of(const NamedPeer& peer) {
  return policy_.addresses_of(peer, remembering(options_.resolve, names_));
}

Result<AllowedPeer> Prober::address_in_log(std::string_view peer) {
  const auto written = nginx::parse_address(peer, nginx::AddressForm::peer);
  if (!written) return fail(ErrorCode::invalid_input, std::string(peer) + " is not an address");
  const ResolveName look_up = remembering(options_.resolve, names_);
  if (written->kind == nginx::Address::Kind::unix_socket) {
    TRY(const PeerAddress address, unix_peer(written->host));
    return policy_.address_in_log(address, look_up);
  }
  TRY(const PeerAddress address, ip_peer(host_of(*written), written->port));
  return policy_.address_in_log(address, look_up);
}

const PeerObservation* Prober::seen(const AllowedPeer& peer, const ProbeRequest& request) const {
  const auto found = std::find_if(
      observations_.begin(), observations_.end(), [&](const PeerObservation& observation) {
        return observation.address == peer.address() && observation.asked == request;
      });
  return found == observations_.end() ? nullptr : &*found;
}

bool Prober::is_other_sni_spent(const AllowedPeer& peer, const ProbeRequest& request) const {
  for (const OwnRequest& own : own_) {
    if (own.address != peer.address() || !differs_in_sni_only(own.request, request)) continue;
    return own.other_sni && *own.other_sni != request.server_name;
  }
  return true;  // it differs in more than the SNI, or nginx's own settings have not been tried
}

bool Prober::may_probe(const AllowedPeer& peer, const ProbeRequest& request,
                       bool is_own_settings) const {
  if (options_.scope == ProbeScope::none) return false;
  if (seen(peer, request) != nullptr) return true;
  if (probes_ >= options_.most_probes || std::chrono::steady_clock::now() >= options_.deadline)
    return false;
  return options_.scope == ProbeScope::all || is_own_settings || !is_other_sni_spent(peer, request);
}

Result<PeerObservation> Prober::observe(const AllowedPeer& peer, const ProbeRequest& request,
                                        bool is_own_settings) {
  if (const PeerObservation* known = seen(peer, request)) return *known;
  if (options_.known_answer) {
    if (auto answer = options_.known_answer(peer, request))
      return remember(peer, request, std::move(*answer));
  }
  if (options_.scope == ProbeScope::none)
    return fail(ErrorCode::permission_denied, "probing is switched off");
  if (std::chrono::steady_clock::now() >= options_.deadline)
    return fail(ErrorCode::timeout, "the time for this diagnosis is up");
  if (probes_ >= options_.most_probes)
    return fail(ErrorCode::permission_denied,
                "after " + std::to_string(probes_) + " probes no more are made for one diagnosis");
  if (!may_probe(peer, request, is_own_settings))
    return fail(ErrorCode::permission_denied,
                "unattended, only nginx's own settings and one other SNI go over the wire");
  if (is_own_settings) {
    own_.push_back({peer.address(), request, std::nullopt});
  } else {
    for (OwnRequest& own : own_) {
      if (own.address == peer.address() && differs_in_sni_only(own.request, request))
        own.other_sni = request.server_name;
    }
  }
  ++probes_;
  TRY(ProbeResult result, run_probe(peer, request, options_.deadline));
  PeerObservation observation = remember(peer, request, std::move(result));
  if (options_.on_probe) {
    options_.on_probe("probe " + to_string(peer.address()) + " (" + peer.named_as() + ")" +
                      (request.server_name.empty() ? std::string(" without SNI")
                                                   : " SNI " + request.server_name) +
                      ": " + summary_of(observation.seen));
  }
  return observation;
}

PeerObservation Prober::remember(const AllowedPeer& peer, const ProbeRequest& request,
                                 ProbeResult result) {
  observations_.push_back({.address = peer.address(),
                           .named_as = peer.named_as(),
                           .at = wall_clock_now(),
                           .asked = request,
                           .seen = std::move(result)});
  return observations_.back();
}

std::vector<NamedPeer> configured_peers(const nginx::PassInventory& passes,
                                        const nginx::ListenerInventory& listeners) {
  std::vector<NamedPeer> peers;
  const auto add = [&](const nginx::Address& address, std::uint16_t port) {
    if (address.kind == nginx::Address::Kind::unix_socket) {
      peers.push_back(
          {"unix:" + address.host.substr(address.host.starts_with("unix:") ? 5 : 0), 0});
    } else if (port != 0) {
      peers.push_back({host_of(address), port});
    }
  };
  for (const nginx::PassTarget& target : passes.targets()) {
    for (const nginx::Destination& destination : target.destinations) {
      if (destination.group == nullptr) {
        add(destination.address, destination.address.port);
        continue;
      }
      for (const nginx::UpstreamServer& member : destination.group->servers) {
        if (!member.is_valid) continue;
        add(member.address, member.address.port);
        // nginx takes port 80 for it, and "https" says which port was meant.
        if (destination.is_tls && member.is_port_default) add(member.address, 443);
      }
    }
  }
  for (const nginx::Listener& listener : listeners.listeners()) {
    for (const nginx::ListeningServer& server : listener.servers) {
      const nginx::Address& address = server.listen->address;
      if (address.kind == nginx::Address::Kind::unix_socket) add(address, 0);
      else if (address.kind == nginx::Address::Kind::any)
        peers.push_back({"127.0.0.1", address.port});
      else if (address.port != 0)
        peers.push_back({reachable_form_of_listener(host_of(address)), address.port});
    }
  }
  std::sort(peers.begin(), peers.end(), [](const NamedPeer& left, const NamedPeer& right) {
    return std::pair(left.host, left.port) < std::pair(right.host, right.port);
  });
  peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  return peers;
}

}  // namespace handshaked::diagnose
