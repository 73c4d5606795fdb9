#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/configuration/configuration.h"
#include "nginx/configuration/inheritance.h"
#include "nginx/configuration/variables.h"
#include "nginx/serving/address.h"
#include "nginx/serving/server_block.h"
#include "nginx/serving/upstream_group.h"

namespace handshaked::nginx {

/// What governs connections to an upstream at one place. `ssl_name` empty and default: see
/// peer_name().
struct UpstreamSettings {
  EffectiveValue verify, verify_depth, trusted_certificate, crl, name, server_name, certificate,
      certificate_key, password_file, protocols, ciphers, session_reuse;
  EffectiveValue conf_commands;   ///< pairs: name, value, name, value
  EffectiveValue alpn;            ///< stream, since 1.31.0
  EffectiveValue stream_ssl;      ///< stream: "proxy_ssl on"
  EffectiveValue proxy_protocol;  ///< stream
  EffectiveValue connect_timeout, http_version, resolver, resolver_timeout;
  EffectiveValue set_headers;  ///< pairs: name, value
};

/// Where a `*_pass` can go, its variables filled in.
struct Destination {
  std::string scheme;  ///< "https", "grpcs", "suwsgi", "http", …; empty for stream
  bool is_tls = false;
  Address address;  ///< with the scheme's port when none is written; no port for a group
  const UpstreamGroup* group = nullptr;  ///< nullptr: the host itself
  std::string text;                      ///< the argument, variables filled in
  /// The name is looked up while a request waits: nginx needs a `resolver`. Only with variables,
  /// and not when a pass without variables names the same host and port: nginx then takes the
  /// addresses of that one.
  bool is_resolved_at_run_time = false;
};

/// One `*_pass` directive, and everything that decides how nginx connects there. Borrows from the
/// Configuration.
struct PassTarget {
  Module module = Module::http_proxy;
  const Directive* pass = nullptr;  ///< file:line of proxy_pass, grpc_pass, uwsgi_pass
  const ServerBlock* server = nullptr;
  const Directive* location = nullptr;             ///< the innermost location; nullptr for stream
  std::vector<const Directive*> enclosing_blocks;  ///< innermost first, up to and without http or
                                                   ///< stream: if, limit_except, location, server

  bool has_variables = false;
  Resolution written;  ///< what the argument can be; is_complete is false when only a request tells
  std::vector<Destination> destinations;  ///< of the values that are known; empty when none is, or
                                          ///< nginx refuses the argument
  /// Some destination uses TLS, or an unknown one may: with variables nginx prepares for both.
  bool is_tls = false;
  bool is_refused =
      false;  ///< nginx does not accept the argument: "invalid URL prefix", "no port in upstream"

  UpstreamSettings settings;
};

/// The name that nginx compares with the certificate, and what it sends as SNI
/// (ngx_http_upstream_ssl_name).
struct PeerName {
  bool is_known = false;
  std::string verified;  ///< without a port; empty: nothing matches
  std::optional<std::string>
      sni;  ///< absent: none is sent (server_name off, an address, an empty name)
  bool is_client_chosen = false;
  std::string reason;  ///< when it is not known
};

/// Every place of a configuration that passes requests or connections on: with TLS, and without
/// ("http to a TLS port" is a fault too). The version of nginx decides the defaults; unknown is
/// taken for the newest. Borrows from the Configuration.
class PassInventory {
 public:
  PassInventory(const Configuration& configuration, NginxVersion version);

  const std::vector<PassTarget>& targets() const { return targets_; }
  const UpstreamGroups& groups() const { return groups_; }
  const Variables& variables() const { return variables_; }
  NginxVersion version() const { return version_; }

  /// All names that a connection of this target to this destination may be checked against; more
  /// than one only with variables.
  std::vector<PeerName> peer_names(const PassTarget& target, const Destination& destination) const;

 private:
  void collect(const Directive& block, std::vector<const Directive*>& around);
  void add_target(const Directive& pass, Module module,
                  const std::vector<const Directive*>& around);
  void mark_run_time_names();
  std::optional<Destination> read_destination(Module module, const std::string& text,
                                              bool stream_tls) const;

  NginxVersion version_;
  UpstreamGroups groups_;
  Variables variables_;
  std::vector<std::unique_ptr<const ServerBlock>> servers_;
  std::vector<PassTarget> targets_;
};

UpstreamSettings upstream_settings(const Directive& block, Module module, NginxVersion version);

}  // namespace handshaked::nginx
