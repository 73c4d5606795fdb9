#include "nginx/governing.h"

#include <algorithm>
#include <unordered_map>

#include "nginx/serving/location_match.h"

namespace handshaked::nginx {
namespace {

/// How much each finding is worth. Only their order matters: they are factors of one product.
constexpr double kNamesWithoutResolver = 0.6;
constexpr double kNameResolvesElsewhere = 0.3;
constexpr double kPathBegins = 0.95;
constexpr double kVariableUnknown = 0.35;
constexpr double kOneOfSeveralValues = 0.9;
constexpr double kOtherServer = 0.2;
constexpr double kOtherLocation = 0.2;
constexpr double kNamedLocation = 0.7;
constexpr double kUntriedBefore =
    0.8;  // it matches, but an expression that cannot be tried might match first
constexpr double kUntried = 0.5;  // it is that expression
constexpr double kOtherPath = 0.5;
constexpr double kOtherName = 0.2;

struct Finding {
  double worth = 0;
  std::string why;
};

void apply(GoverningTarget& candidate, const Finding& finding) {
  candidate.confidence *= finding.worth;
  if (finding.why.empty()) return;
  if (!candidate.why.empty()) candidate.why += "; ";
  candidate.why += finding.why;
}

/// The server of a group that is most likely the logged peer.
struct MemberFinding {
  const UpstreamServer* member = nullptr;
  Finding finding;
};

/// Asks each name once, and remembers what was found in each group.
class Names {
 public:
  explicit Names(const ResolveName& resolve) : resolve_(resolve) {}

  bool can_resolve() const { return static_cast<bool>(resolve_); }
  bool has_address(const std::string& name, std::string_view address) {
    auto [place, is_new] = known_.try_emplace(to_lower(name));
    if (is_new) place->second = resolve_(name);
    return std::any_of(place->second.begin(), place->second.end(),
                       [&](const std::string& known) { return is_same_host(known, address); });
  }

  std::unordered_map<const UpstreamGroup*, MemberFinding> members;

 private:
  const ResolveName& resolve_;
  std::unordered_map<std::string, std::vector<std::string>> known_;
};

bool can_be(const PassTarget& target, const LoggedPlace& place) {
  if (place.module && target.module != *place.module) return false;
  switch (target.module) {
    case Module::http_proxy: return place.scheme == "http" || place.scheme == "https";
    case Module::grpc: return place.scheme == "grpc" || place.scheme == "grpcs";
    case Module::uwsgi: return place.scheme == "uwsgi" || place.scheme == "suwsgi";
    case Module::stream_proxy: return place.scheme.empty();
    default: return false;
  }
}

/// Is this address of the configuration the logged peer? 0: it cannot be.
Finding compare_endpoint(const Address& configured, const Address& peer, Names& names) {
  if (is_same_endpoint(configured, peer)) return {1, "it names " + peer.text()};
  // "https://unix:/run/app:;" is logged with the path of the request right behind the socket's.
  constexpr auto kUnix = Address::Kind::unix_socket;
  if (configured.kind == kUnix && peer.kind == kUnix &&
      peer.host.starts_with(configured.host + "/"))
    return {kPathBegins, "what was logged begins with " + configured.text()};
  if (configured.kind != Address::Kind::name || configured.port != peer.port || !peer.is_ip())
    return {};
  if (!names.can_resolve())
    return {kNamesWithoutResolver, configured.host + " was not resolved; the port fits"};
  if (names.has_address(configured.host, peer.host))
    return {1, configured.host + " resolves to " + peer.host};
  return {kNameResolvesElsewhere,
          configured.host + " does not resolve to " + peer.host + " now; the port fits"};
}

/// A group member with "service=" has a port that the configuration does not tell.
Finding compare_member(const UpstreamServer& member, const Address& peer, Names& names) {
  if (!member.is_valid) return {};
  if (member.service.empty()) return compare_endpoint(member.address, peer, names);
  return {kNamesWithoutResolver, "the port of " + member.address.host + " comes from DNS"};
}

/// Many targets share a group: it is searched once.
const MemberFinding& best_member(const UpstreamGroup& group, const Address& peer, Names& names) {
  const auto [place, is_new] = names.members.try_emplace(&group);
  MemberFinding& best = place->second;
  if (!is_new) return best;
  for (const UpstreamServer& member : group.servers) {
    Finding finding = compare_member(member, peer, names);
    if (finding.worth > best.finding.worth) best = {&member, std::move(finding)};
  }
  if (best.member != nullptr)
    best.finding.why = "in the group " + group.name + " " + best.finding.why;
  return best;
}

/// OpenResty and what is built on it (ingress-nginx, Kong, APISIX): the servers of such a group are
/// placeholders.
bool is_chosen_by_lua(const UpstreamGroup& group) {
  const std::list<Directive>& block = group.directive->block;
  return std::any_of(block.begin(), block.end(),
                     [](const Directive& one) { return one.name.starts_with("balancer_by_lua"); });
}

/// `peer_text` as nginx logs it: an address, or the group's name while no peer is chosen.
void add_destination(const PassTarget& target, const Destination& destination,
                     std::string_view peer_text, const std::optional<Address>& peer, Names& names,
                     std::vector<GoverningTarget>& candidates) {
  const double share =
      target.destinations.size() > 1 || !target.written.is_complete ? kOneOfSeveralValues : 1;
  const auto add = [&](const UpstreamServer* member, Finding finding) {
    if (finding.worth > 0)
      candidates.push_back(
          {&target, &destination, member, finding.worth * share, std::move(finding.why)});
  };
  if (destination.group == nullptr) {
    if (peer) add(nullptr, compare_endpoint(destination.address, *peer, names));
    return;
  }
  if (to_lower(peer_text) == to_lower(destination.group->name)) {
    return add(nullptr, {1, "it names the group " + destination.group->name});
  }
  if (!peer) return;
  const MemberFinding& best = best_member(*destination.group, *peer, names);
  add(best.member, best.finding);
  if (best.finding.worth == 0 && is_chosen_by_lua(*destination.group))
    candidates.push_back({&target, nullptr, nullptr, kVariableUnknown,
                          "Lua chooses the peers of the group " + destination.group->name});
}

/// "https://$backend:8443": what the configuration says of the port must fit.
bool literal_port_fits(const PassTarget& target, const std::optional<Address>& peer) {
  std::string_view text = target.pass->argument(0);
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos)
    text.remove_prefix(scheme + 3);
  text = text.substr(0, text.find_first_of("/?"));
  const std::size_t colon = text.rfind(':');
  if (!peer || colon == std::string_view::npos || colon + 1 == text.size()) return true;
  const std::string_view port = text.substr(colon + 1);
  return port.find_first_not_of("0123456789") != std::string_view::npos ||
         port == std::to_string(peer->port);
}

void add_candidates(const PassTarget& target, const LoggedPlace& place,
                    const std::optional<Address>& peer, Names& names,
                    std::vector<GoverningTarget>& candidates) {
  const std::size_t before = candidates.size();
  for (const Destination& destination : target.destinations) {
    if (destination.scheme == place.scheme)
      add_destination(target, destination, place.peer, peer, names, candidates);
  }
  if (candidates.size() > before || target.written.is_complete) return;
  const std::string_view written = target.pass->argument(0);
  const bool scheme_fits =
      target.module == Module::stream_proxy || written.starts_with('$') ||
      to_lower(written.substr(0, place.scheme.size() + 3)) == std::string(place.scheme) + "://" ||
      (written.find("://") == std::string_view::npos &&
       (place.scheme == "grpc" || place.scheme == "uwsgi"));
  if (scheme_fits && literal_port_fits(target, peer)) {
    candidates.push_back({&target, nullptr, nullptr, kVariableUnknown, target.written.reason});
  }
}

bool is_logged_server(const ServerBlock& server, std::string_view logged) {
  if (server.names.is_host_name || server.names.logged == logged) return true;
  const auto local = parse_address(logged, AddressForm::peer);
  return local && std::any_of(server.listens.begin(), server.listens.end(),
                              [&](const ListenAddress& listen) {
                                return listen.address.port != 0 && covers(listen, *local);
                              });
}

/// A line of a request always names its server. When no candidate has that name, the configuration
/// has changed since.
void narrow_by_server(std::vector<GoverningTarget>& candidates, const LoggedPlace& place) {
  if (place.server.data() == nullptr || place.server.empty()) return;
  const auto fits = [&](const GoverningTarget& candidate) {
    return is_logged_server(*candidate.target->server, place.server);
  };
  if (std::any_of(candidates.begin(), candidates.end(), fits)) {
    std::erase_if(candidates, [&](const GoverningTarget& candidate) { return !fits(candidate); });
    for (GoverningTarget& candidate : candidates)
      apply(candidate, {1, "its server is " + std::string(place.server)});
  } else {
    for (GoverningTarget& candidate : candidates)
      apply(candidate, {kOtherServer, "no server of it is called " + std::string(place.server)});
  }
}

/// Where nginx sends the request within one server. Found once for all targets of the server.
struct RequestRoute {
  LocationChoice choice;
  std::vector<const Directive*> named;
};
using Routes = std::unordered_map<const ServerBlock*, RequestRoute>;

const RequestRoute& route(Routes& routes, const ServerBlock& server, const std::string& path) {
  const auto [place, is_new] = routes.try_emplace(&server);
  if (is_new) {
    place->second.choice = choose_location(*server.directive, path);
    place->second.named = named_locations(*server.directive, place->second.choice.location);
  }
  return place->second;
}

Finding compare_location(const PassTarget& target, const RequestRoute& taken) {
  if (target.location == nullptr) return {1, ""};
  const LocationChoice& choice = taken.choice;
  const std::string here = describe_block(*target.location);
  if (target.location == choice.location)
    return {choice.is_certain() ? 1 : kUntriedBefore, here + " handles the request"};
  const auto& untried = choice.may_match;
  if (std::find(untried.begin(), untried.end(), target.location) != untried.end()) {
    return {kUntried, here + " could not be tried and may handle the request"};
  }
  if (std::find(taken.named.begin(), taken.named.end(), target.location) != taken.named.end()) {
    return {kNamedLocation, here + " is where the request is sent on to"};
  }
  return {kOtherLocation, here + " does not handle the request, unless a rewrite leads there"};
}

/// "proxy_pass https://host/app/" always asks for "/app/…".
Finding compare_path(const GoverningTarget& candidate, std::string_view upstream_path) {
  const Destination* destination = candidate.destination;
  if (destination == nullptr || destination->address.uri.empty() || upstream_path.empty())
    return {1, ""};
  if (upstream_path.starts_with(destination->address.uri)) return {1, ""};
  return {kOtherPath, "it would ask for " + destination->address.uri};
}

Finding compare_name(const PassInventory& inventory, const GoverningTarget& candidate,
                     std::string_view expected) {
  if (expected.data() == nullptr || candidate.destination == nullptr) return {1, ""};
  bool is_open = false;
  for (const PeerName& name : inventory.peer_names(*candidate.target, *candidate.destination)) {
    if (!name.is_known) is_open = true;
    else if (name.verified == expected)
      return {1, "it expects the name \"" + std::string(expected) + "\""};
  }
  return is_open ? Finding{kOneOfSeveralValues, ""}
                 : Finding{kOtherName,
                           "it expects another name than \"" + std::string(expected) + "\""};
}

/// Best first; equals share their confidence, as nothing tells them apart.
template <class Candidate>
void rank(std::vector<Candidate>& candidates, std::size_t most) {
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& left, const Candidate& right) {
                     return left.confidence > right.confidence;
                   });
  for (std::size_t begin = 0; begin < candidates.size();) {
    std::size_t end = begin + 1;
    while (end < candidates.size() && candidates[end].confidence == candidates[begin].confidence)
      ++end;
    for (std::size_t i = end; i-- > begin;)
      candidates[i].confidence /= static_cast<double>(end - begin);
    begin = end;
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& left, const Candidate& right) {
                     return left.confidence > right.confidence;
                   });
  if (candidates.size() > most) candidates.resize(most);
}

}  // namespace

std::vector<GoverningTarget> governing_targets(const PassInventory& inventory,
                                               const LoggedPlace& place, const ResolveName& resolve,
                                               std::size_t most) {
  Names names(resolve);
  const auto peer = parse_address(place.peer, AddressForm::peer);
  std::vector<GoverningTarget> candidates;
  for (const PassTarget& target : inventory.targets()) {
    if (can_be(target, place)) add_candidates(target, place, peer, names, candidates);
  }
  narrow_by_server(candidates, place);
  const std::string path =
      place.request_target.empty() ? std::string() : normalised_path(place.request_target);
  Routes routes;
  for (GoverningTarget& candidate : candidates) {
    const ServerBlock& server = *candidate.target->server;
    if (!path.empty())
      apply(candidate, compare_location(*candidate.target, route(routes, server, path)));
    apply(candidate, compare_path(candidate, place.upstream_path));
    apply(candidate, compare_name(inventory, candidate, place.expected_name));
  }
  rank(candidates, most);
  return candidates;
}

std::vector<GoverningListener> governing_listeners(const ListenerInventory& inventory,
                                                   const LoggedPlace& place, std::size_t most) {
  std::vector<GoverningListener> candidates;
  const auto local = parse_address(place.server, AddressForm::peer);
  const bool is_socket = local && (local->has_port || local->kind == Address::Kind::unix_socket);
  const bool is_any =
      is_socket && (is_same_host(local->host, "0.0.0.0") || is_same_host(local->host, "[::]"));
  for (const Listener& listener : inventory.listeners()) {
    const ListenAddress& listen = *listener.servers.front().listen;
    if (is_socket) {
      // nginx binds "*:443" only when it has "10.0.0.1:443" too, and logs that: such a line may be
      // about either.
      if (!covers(listen, *local) && !(is_any && listen.address.port == local->port)) continue;
      const double worth =
          is_same_endpoint(listen.address, *local) || listen.key == local->text() ? 1 : 0.5;
      for (const ListeningServer& server : listener.servers) {
        const double share = server.is_default ? 1 : place.host.empty() ? 0.5 : 0.4;
        candidates.push_back({&listener, &server, worth * share,
                              server.is_default ? "the default server of " + listener.key
                                                : "another server of " + listener.key +
                                                      ", if the client asked for its name"});
      }
    } else {
      for (const ListeningServer& server : listener.servers) {
        if (!server.server->names.is_host_name && server.server->names.logged != place.server)
          continue;
        // A TLS fault happens on a TLS socket.
        candidates.push_back({&listener, &server, listener.is_tls || listener.is_starttls ? 1 : 0.3,
                              "its server is " + std::string(place.server)});
      }
    }
  }
  rank(candidates, most);
  return candidates;
}

}  // namespace handshaked::nginx
