#include "nginx/serving/listener_tls.h"

#include <algorithm>
#include <unordered_map>

namespace handshaked::nginx {

ListenerSettings listener_settings(const Directive& server, Module module, NginxVersion version) {
  const auto value = [&](ListenerSetting setting) {
    return effective_value(server, module, setting, version);
  };
  using S = ListenerSetting;
  ListenerSettings settings;
  settings.ssl = value(S::ssl);
  settings.certificates = value(S::ssl_certificate);
  settings.certificate_keys = value(S::ssl_certificate_key);
  settings.password_file = value(S::ssl_password_file);
  settings.protocols = value(S::ssl_protocols);
  settings.ciphers = value(S::ssl_ciphers);
  settings.prefer_server_ciphers = value(S::ssl_prefer_server_ciphers);
  settings.ecdh_curve = value(S::ssl_ecdh_curve);
  settings.dhparam = value(S::ssl_dhparam);
  settings.client_certificate = value(S::ssl_client_certificate);
  settings.trusted_certificate = value(S::ssl_trusted_certificate);
  settings.verify_client = value(S::ssl_verify_client);
  settings.verify_depth = value(S::ssl_verify_depth);
  settings.crl = value(S::ssl_crl);
  settings.stapling = value(S::ssl_stapling);
  settings.stapling_file = value(S::ssl_stapling_file);
  settings.stapling_responder = value(S::ssl_stapling_responder);
  settings.stapling_verify = value(S::ssl_stapling_verify);
  settings.ocsp = value(S::ssl_ocsp);
  settings.ocsp_responder = value(S::ssl_ocsp_responder);
  settings.reject_handshake = value(S::ssl_reject_handshake);
  settings.conf_commands = value(S::ssl_conf_command);
  settings.alpn = value(S::ssl_alpn);
  settings.session_cache = value(S::ssl_session_cache);
  settings.session_tickets = value(S::ssl_session_tickets);
  settings.http2 = value(S::http2);
  settings.resolver = value(S::resolver);
  settings.starttls = value(S::starttls);
  return settings;
}

ListenerInventory::ListenerInventory(const Configuration& configuration, NginxVersion version) {
  static constexpr std::pair<std::string_view, Module> kTops[] = {
      {"http", Module::http_ssl}, {"stream", Module::stream_ssl}, {"mail", Module::mail_ssl}};
  for (const auto& [name, module] : kTops) {
    const std::size_t first = listeners_.size();
    for (const Directive* top : configuration.root().find(name)) add_servers(*top, module, version);
    for (std::size_t i = first; i < listeners_.size(); ++i) finish(listeners_[i]);
  }
}

void ListenerInventory::add_servers(const Directive& top, Module module, NginxVersion version) {
  std::unordered_map<std::string, std::size_t> by_key;
  for (const Directive* directive : top.find("server")) {
    if (!directive->has_block) continue;
    servers_.push_back(std::make_unique<const ServerBlock>(*directive));
    const ServerBlock& server = *servers_.back();
    const ListenerSettings settings = listener_settings(*directive, module, version);
    const bool has_context =
        !settings.certificates.values().empty() || settings.reject_handshake.is_on();
    for (const ListenAddress& listen : server.listens) {
      const auto [place, is_new] = by_key.emplace(
          (listen.is_udp || listen.is_quic ? "udp " : "") + listen.key, listeners_.size());
      if (is_new) {
        listeners_.emplace_back();
        listeners_.back().module = module;
        listeners_.back().key = listen.key;
        listeners_.back().listen = listen.directive;
      }
      Listener& listener = listeners_[place->second];
      listener.is_tls = listener.is_tls || listen.is_ssl || listen.is_quic;
      listener.is_quic = listener.is_quic || listen.is_quic;
      listener.is_http2 = listener.is_http2 || listen.is_http2;
      listener.is_proxy_protocol = listener.is_proxy_protocol || listen.is_proxy_protocol;
      listener.servers.push_back(
          {&server, &listen, listen.is_default_server, settings, has_context});
    }
  }
}

void ListenerInventory::finish(Listener& listener) {
  auto& servers = listener.servers;
  auto chosen = std::find_if(servers.begin(), servers.end(),
                             [](const ListeningServer& server) { return server.is_default; });
  if (chosen == servers.end()) chosen = servers.begin();
  for (ListeningServer& server : servers) server.is_default = &server == &*chosen;
  std::rotate(servers.begin(), chosen, chosen + 1);
  const ListenerSettings& settings = servers.front().settings;
  listener.is_tls = listener.is_tls || settings.ssl.is_on();
  // ngx_http_init_connection() asks the default server before it knows a name.
  listener.is_http2 = listener.is_http2 || settings.http2.is_on();
  listener.is_starttls = !settings.starttls.directive.empty() &&
                         (settings.starttls.is_on() || settings.starttls.first() == "only");
}

ServedServer ListenerInventory::served(const Listener& listener, std::string_view server_name) {
  ServedServer result;
  result.server = result.context = &listener.servers.front();
  if (server_name.empty()) return result;
  std::vector<const ServerNames*> names;
  names.reserve(listener.servers.size());
  for (const ListeningServer& server : listener.servers) names.push_back(&server.server->names);
  const ServerChoice choice = choose_server(names, server_name);
  result.server = &listener.servers[choice.index];
  result.has_name = choice.match != NameMatch::none;
  result.is_certain = choice.is_certain;
  if (result.server->has_tls_context) result.context = result.server;
  return result;
}

}  // namespace handshaked::nginx
