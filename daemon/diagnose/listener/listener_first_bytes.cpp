#include <algorithm>
#include <span>

#include "diagnose/listener/listener_families.h"
#include "diagnose/texts.h"
#include "nginx/configuration/inheritance.h"

namespace handshaked::diagnose {
namespace {

std::string port_text(const nginx::ListeningServer& server) {
  return server.listen->address.text();
}

void set_listen_place(LocalCase& local, const nginx::ListeningServer& server) {
  if (server.listen->directive != nullptr) local.set_place(*server.listen->directive);
  else local.set_place(block_of(server));
}

bool reads_header(const LocalCase& local, const ConfigurationPatch& patch, const std::string& key) {
  const auto reread = patch.reread();
  if (!reread) return false;
  const nginx::ListenerInventory after(reread.value(), local.surroundings().installation.version);
  return std::any_of(
      after.listeners().begin(), after.listeners().end(),
      [&](const nginx::Listener& one) { return one.key == key && one.is_proxy_protocol; });
}

bool is_loopback(std::string_view host) {
  return host.starts_with("127.") || host == "::1" || host == "[::1]";
}

bool sends_header(const nginx::PassTarget& front) { return front.settings.proxy_protocol.is_on(); }

/// The stream servers of this very nginx that pass connections on to the listener, and send a PROXY
/// header, or do not.
std::vector<const nginx::PassTarget*> fronts_of(const LocalCase& local,
                                                const nginx::Listener& listener, bool with_header) {
  const auto leads_here = [&](const nginx::Address& address) {
    return std::any_of(listener.servers.begin(), listener.servers.end(),
                       [&](const nginx::ListeningServer& server) {
                         return nginx::is_same_endpoint(server.listen->address, address);
                       });
  };
  const auto passes_here = [&](const nginx::Destination& one) {
    if (one.group == nullptr) return leads_here(one.address);
    const auto& members = one.group->servers;
    return std::any_of(members.begin(), members.end(), [&](const nginx::UpstreamServer& member) {
      return leads_here(member.address);
    });
  };
  std::vector<const nginx::PassTarget*> fronts;
  for (const nginx::PassTarget& target : local.surroundings().nginx->passes.targets()) {
    const bool is_front =
        target.module == nginx::Module::stream_proxy && sends_header(target) == with_header;
    if (is_front &&
        std::any_of(target.destinations.begin(), target.destinations.end(), passes_here))
      fronts.push_back(&target);
  }
  return fronts;
}

/// A front sends a PROXY header that its listener does not read, or none where one is demanded.
/// What comes from loopback comes from it.
void propose_at_front(LocalCase& local, const ListenerPlace& place, std::string_view fix_id,
                      bool sends) {
  const std::vector<const nginx::PassTarget*> fronts = fronts_of(local, place.listener(), !sends);
  if (fronts.empty()) return;
  const std::string value = sends ? "on" : "off", port = port_text(place.server());
  std::string there;
  ConfigurationPatch patch = local.new_patch();
  Result<> done = success();
  for (const nginx::PassTarget* const front : fronts) {
    there += (there.empty() ? "" : ", ") + where(*front->pass);
    if (done)
      done = patch.set_directive(*front->pass->parent, "proxy_protocol", std::span(&value, 1));
  }
  Fix fix = local.known(fix_id);
  fix.owner = Owner::proxy;
  fix.title =
      listener_text("header.set_at_front", {{"value", value}, {"places", there}, {"port", port}});
  fix.how = listener_text("header.both_ends");
  if (is_loopback(local.symptom().client)) {
    fix.proof = {
        ProofStatus::proved, ProofMethod::replay,
        listener_text(sends ? "header.front_sends" : "header.front_sends_none", {{"port", port}})};
  }
  local.propose(std::move(fix), changed_patch(patch, done));
}

/// The configuration says that balancers are in front of the listener, and that they send the
/// header.
bool expects_balancer(const LocalCase& local, const ListenerPlace& place) {
  if (!fronts_of(local, place.listener(), true).empty()) return true;
  const nginx::Directive& server = block_of(place.server());
  const auto real_ip = nginx::find_inherited(server, "real_ip_header");
  if (!real_ip.empty() && real_ip.front()->argument(0) == "proxy_protocol") return true;
  const auto balancers = nginx::find_inherited(server, "set_real_ip_from");
  return std::any_of(balancers.begin(), balancers.end(), [&](const nginx::Directive* one) {
    return one->argument(0) == local.symptom().client;
  });
}

/// Whoever sent it was asked for one, and sent two: a balancer behind a balancer.
void diagnose_second_header(LocalCase& local, const std::string& port) {
  local.conclude("proxy_protocol_unexpected", 0.85,
                 listener_text("header.second", {{"port", port}}));
  propose_to_client(local, "lb-off", listener_text("ask.one_header", {{"port", port}}));
}

void diagnose_unexpected_header(LocalCase& local, const ListenerPlace& place, double confidence) {
  constexpr std::string_view kMaybe = "nginx/client-proxy-protocol-v2-unexpected";
  const nginx::ListeningServer& server = place.server();
  set_listen_place(local, server);
  if (place.listener().is_proxy_protocol) return diagnose_second_header(local, port_text(server));
  local.conclude("proxy_protocol_unexpected", confidence,
                 listener_text("header.unexpected", {{"port", port_text(server)}}));
  if (server.listen->directive == nullptr) return;
  propose_at_front(local, place, "lb-off", false);
  Fix fix = local.known("listen-proxy-protocol");
  fix.title = listener_text("header.add", {{"place", where(*server.listen->directive)}});
  fix.how = listener_text(
      "header.demanded_of_all",
      {{"balancer",
        (local.symptom().client.empty() ? std::string("BALANCER") : local.symptom().client)}});
  ConfigurationPatch patch = local.new_patch();
  const auto done = patch.append_argument(*server.listen->directive, "proxy_protocol");
  // The line has to show the header itself, and nobody of ours may pass there without one.
  const bool is_seen = local.symptom().rule_id != kMaybe &&
                       local.symptom().message.find("invalid") != std::string::npos;
  const bool breaks_others = !fronts_of(local, place.listener(), false).empty();
  if (done && is_seen && !breaks_others && reads_header(local, patch, place.listener().key)) {
    fix.proof = {ProofStatus::proved, ProofMethod::replay, listener_text("header.taken")};
  }
  local.propose(std::move(fix), changed_patch(patch, done));
  propose_to_client(local, "lb-off", listener_text("ask.no_header", {{"port", port_text(server)}}));
}

void diagnose_missing_header(LocalCase& local, const ListenerPlace& place) {
  const nginx::ListeningServer& server = place.server();
  set_listen_place(local, server);
  const std::string& message = local.symptom().message;
  const bool is_damaged = message.find("broken header: \"PROXY") != std::string::npos ||
                          message.starts_with("header is too large") ||
                          message.starts_with("unknown PROXY protocol version");
  local.conclude("proxy_protocol_header_missing", 0.9,
                 is_damaged ? listener_text("header.damaged", {{"port", port_text(server)}})
                            : listener_text("header.missing", {{"port", port_text(server)}}));
  if (is_damaged) {
    return propose_to_client(
        local, "lb-send-proxy",
        listener_text("ask.header_as_specified",
                      {{"port", port_text(server)}, {"message", message.substr(0, 60)}}));
  }
  propose_at_front(local, place, "lb-send-proxy", true);
  propose_to_client(local, "lb-send-proxy",
                    listener_text("ask.header", {{"port", port_text(server)}}));
}

/// Another socket of the same server that speaks TLS.
const nginx::ListeningServer* tls_socket_of(const LocalCase& local,
                                            const nginx::ListeningServer& server) {
  for (const nginx::Listener& listener : local.surroundings().nginx->listeners.listeners()) {
    if (!listener.is_tls || listener.is_quic) continue;
    for (const nginx::ListeningServer& other : listener.servers) {
      if (other.server->names.logged == server.server->names.logged) return &other;
    }
  }
  return nullptr;
}

void diagnose_tls_on_plain(LocalCase& local, const ListenerPlace& place) {
  const auto plain =
      std::find_if(place.candidates.begin(), place.candidates.end(),
                   [](const nginx::GoverningListener& one) { return !one.listener->is_tls; });
  const nginx::ListeningServer& server =
      plain == place.candidates.end() ? place.server() : *plain->server;
  set_listen_place(local, server);
  local.conclude("client_tls_to_plain_port", 0.85,
                 listener_text("plain.tls_arrives", {{"port", port_text(server)}}));
  const nginx::ListeningServer* other = tls_socket_of(local, server);
  if (other != nullptr) {
    return propose_to_client(
        local, "client-use-http",
        listener_text("ask.https_or_http",
                      {{"tls_port", std::to_string(other->listen->address.port)},
                       {"plain_port", std::to_string(server.listen->address.port)}}));
  }
  if (server.settings.certificates.set_by.empty() || server.listen->directive == nullptr) return;
  Fix fix = local.known("add-ssl-to-listen");
  fix.how = listener_text("plain.ssl_forgotten");
  ConfigurationPatch patch = local.new_patch();
  const auto done = patch.append_argument(*server.listen->directive, "ssl");
  const auto reread = done ? patch.reread() : Result<nginx::Configuration>(done.error());
  if (reread) {
    const nginx::ListenerInventory after(reread.value(), local.surroundings().installation.version);
    const bool speaks_tls = std::any_of(after.listeners().begin(), after.listeners().end(),
                                        [&](const nginx::Listener& one) {
                                          return one.key == server.listen->key && one.is_tls &&
                                                 one.default_server().has_tls_context;
                                        });
    if (speaks_tls)
      fix.proof = {ProofStatus::proved, ProofMethod::replay, listener_text("plain.ssl_added")};
  }
  local.propose(std::move(fix), changed_patch(patch, done));
}

void diagnose_not_tls(LocalCase& local, const ListenerPlace& place, bool is_http) {
  const nginx::ListeningServer& server = place.server();
  set_listen_place(local, server);
  if (is_http) {
    local.conclude("client_plain_http_to_tls_port", 0.9,
                   listener_text("plain.http_arrives", {{"port", port_text(server)}}));
    return propose_to_client(local, "fix-backend-protocol",
                             listener_text("ask.https", {{"port", port_text(server)}}));
  }
  local.conclude("client_not_tls", 0.8,
                 listener_text("plain.not_tls", {{"port", port_text(server)}}));
  propose_to_client(local, "client-implicit-tls",
                    listener_text("ask.implicit_tls", {{"port", port_text(server)}}));
}

}  // namespace

bool diagnose_first_bytes(LocalCase& local, const ListenerPlace& place) {
  const Symptom& symptom = local.symptom();
  if (symptom.candidates.empty()) return false;
  const std::string& likeliest = symptom.candidates.front().cause;
  constexpr double kShown = 0.9, kLikely = 0.6;
  const bool is_shown = symptom.rule_id == "nginx/client-proxy-protocol-unexpected";
  if (likeliest == "proxy_protocol_unexpected")
    diagnose_unexpected_header(local, place, is_shown ? kShown : kLikely);
  else if (likeliest == "client_not_tls" && symptom.has_cause("proxy_protocol_unexpected") &&
           expects_balancer(local, place))
    diagnose_unexpected_header(local, place, kLikely);
  else if (likeliest == "proxy_protocol_header_missing") diagnose_missing_header(local, place);
  else if (likeliest == "client_tls_to_plain_port") diagnose_tls_on_plain(local, place);
  else if (likeliest == "client_plain_http_to_tls_port") diagnose_not_tls(local, place, true);
  else if (likeliest == "client_not_tls") diagnose_not_tls(local, place, false);
  else return false;
  return true;
}

}  // namespace handshaked::diagnose
