#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/configuration/configuration.h"
#include "nginx/configuration/inheritance.h"
#include "nginx/serving/server_block.h"

namespace handshaked::nginx {

/// What governs TLS with clients in one server block. A list is that of one level: pairs for
/// `conf_commands`.
struct ListenerSettings {
  EffectiveValue ssl;  ///< the old "ssl on", removed in 1.25.1
  EffectiveValue certificates, certificate_keys, password_file, protocols, ciphers,
      prefer_server_ciphers, ecdh_curve, dhparam;
  EffectiveValue client_certificate, trusted_certificate, verify_client, verify_depth, crl;
  EffectiveValue stapling, stapling_file, stapling_responder, stapling_verify, ocsp, ocsp_responder;
  EffectiveValue reject_handshake, conf_commands, alpn, session_cache, session_tickets, http2,
      resolver;
  EffectiveValue starttls;  ///< mail
};

struct ListeningServer {
  const ServerBlock* server = nullptr;
  const ListenAddress* listen = nullptr;
  bool is_default = false;
  ListenerSettings settings;
  /// It has a certificate, or rejects handshakes. Without, a client that asks for its name gets the
  /// default server's TLS context.
  bool has_tls_context = false;
};

/// One socket and the servers behind it. Options count for the socket: one `ssl` makes all of it
/// TLS.
struct Listener {
  Module module = Module::http_ssl;
  std::string key;                    ///< "0.0.0.0:443"
  const Directive* listen = nullptr;  ///< the first `listen` that names it; nullptr: added by nginx
  bool is_tls = false;  ///< from the first byte on: `ssl`, `quic`, or the default server's "ssl on"
  bool is_starttls = false;  ///< mail: TLS after a command
  bool is_quic = false;
  bool is_http2 = false;
  bool is_proxy_protocol = false;
  std::vector<ListeningServer>
      servers;  ///< the default server first, then in the configuration's order

  const ListeningServer& default_server() const { return servers.front(); }
};

/// The name that a client asks for, and who answers.
struct ServedServer {
  const ListeningServer* server = nullptr;   ///< whose settings count for the request
  const ListeningServer* context = nullptr;  ///< whose certificate the client gets
  bool has_name = false;  ///< false: no server has the name, the default server answers
  bool is_certain = true;
};

/// Every socket of http, stream and mail, also those without TLS ("TLS to a plain port" is a fault
/// too). Borrows from the Configuration.
class ListenerInventory {
 public:
  ListenerInventory(const Configuration& configuration, NginxVersion version);

  const std::vector<Listener>& listeners() const { return listeners_; }

  /// Who answers a client that sends this SNI (empty: none).
  static ServedServer served(const Listener& listener, std::string_view server_name);

 private:
  void add_servers(const Directive& top, Module module, NginxVersion version);
  static void finish(Listener& listener);

  std::vector<std::unique_ptr<const ServerBlock>> servers_;
  std::vector<Listener> listeners_;
};

ListenerSettings listener_settings(const Directive& server, Module module, NginxVersion version);

}  // namespace handshaked::nginx
