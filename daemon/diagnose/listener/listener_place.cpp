#include "diagnose/listener/listener_place.h"

namespace handshaked::diagnose {

std::optional<ListenerPlace> find_listener(const LocalCase& local) {
  const Symptom& symptom = local.symptom();
  nginx::LoggedPlace logged;
  logged.server = symptom.server;
  logged.host = symptom.host;
  logged.request_target = symptom.request_target;
  ListenerPlace place{nginx::governing_listeners(local.surroundings().nginx->listeners, logged)};
  if (place.candidates.empty()) return std::nullopt;
  return place;
}

std::vector<std::string> exact_names(const nginx::ListeningServer& server) {
  std::vector<std::string> names;
  for (const nginx::ServerName& name : server.server->names.names) {
    const bool is_exact = name.kind == nginx::ServerName::Kind::exact && !name.text.empty() &&
                          name.text != "_" && name.text != "localhost";
    if (is_exact && name.text.find('.') != std::string::npos) names.push_back(name.text);
  }
  return names;
}

std::vector<ConfiguredFile> certificate_files(const LocalCase& local,
                                              const nginx::ListeningServer& server) {
  std::vector<ConfiguredFile> files;
  for (const nginx::Directive* directive : server.settings.certificates.set_by) {
    for (const ConfiguredFile& file : configured_files(local.configuration())) {
      if (file.directive == directive) files.push_back(file);
    }
  }
  return files;
}

Result<PeerObservation> observe_listener(const LocalCase& local, const nginx::Listener& listener,
                                         const std::string& name) {
  const nginx::Address& address = listener.default_server().listen->address;
  NamedPeer peer{address.host, address.port};
  const bool is_any = address.kind == nginx::Address::Kind::any || address.host == "0.0.0.0";
  if (is_any) peer.host = "127.0.0.1";
  else if (address.host == "[::]") peer.host = "[::1]";
  else if (address.kind == nginx::Address::Kind::unix_socket) peer = {"unix:" + address.host, 0};
  Prober& prober = *local.surroundings().prober;
  TRY(const std::vector<AllowedPeer> allowed, prober.addresses_of(peer));
  if (allowed.empty()) return fail(ErrorCode::not_found, "no address of " + peer.host);
  ProbeRequest request;
  request.server_name = name;
  request.protocols = {TlsVersion::tls1_2, TlsVersion::tls1_3};
  request.send_proxy_header = listener.is_proxy_protocol;
  return prober.observe(allowed.front(), request, true);
}

Result<ConfigurationPatch> with_server_directive(const LocalCase& local,
                                                 const nginx::ListeningServer& server,
                                                 std::string_view name,
                                                 std::span<const std::string> arguments) {
  ConfigurationPatch patch = local.new_patch();
  TRY(patch.set_directive(block_of(server), name, arguments));
  return patch;
}

}  // namespace handshaked::diagnose
