#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "nginx/nginx_version.h"

namespace handshaked::nginx {

/// Who reads a directive. The first four connect to upstreams, the others listen.
enum class Module : std::uint8_t {
  http_proxy,
  grpc,
  uwsgi,
  stream_proxy,
  http_ssl,
  stream_ssl,
  mail_ssl
};

/// The settings that upstream modules share; a directive is the module's prefix and the setting:
/// "grpc_" "ssl_verify".
enum class UpstreamSetting : std::uint8_t {
  ssl,
  ssl_verify,
  ssl_verify_depth,
  ssl_trusted_certificate,
  ssl_crl,
  ssl_name,
  ssl_server_name,
  ssl_certificate,
  ssl_certificate_key,
  ssl_password_file,
  ssl_protocols,
  ssl_ciphers,
  ssl_session_reuse,
  ssl_conf_command,
  ssl_alpn,
  proxy_protocol,
  connect_timeout,
  set_header,
  http_version,
  resolver,
  resolver_timeout,
};

/// The settings of a listener; the directive has the setting's name.
enum class ListenerSetting : std::uint8_t {
  ssl,
  ssl_certificate,
  ssl_certificate_key,
  ssl_password_file,
  ssl_protocols,
  ssl_ciphers,
  ssl_prefer_server_ciphers,
  ssl_ecdh_curve,
  ssl_dhparam,
  ssl_client_certificate,
  ssl_trusted_certificate,
  ssl_verify_client,
  ssl_verify_depth,
  ssl_crl,
  ssl_stapling,
  ssl_stapling_file,
  ssl_stapling_responder,
  ssl_stapling_verify,
  ssl_ocsp,
  ssl_ocsp_responder,
  ssl_reject_handshake,
  ssl_conf_command,
  ssl_alpn,
  ssl_session_cache,
  ssl_session_tickets,
  http2,
  starttls,
  resolver,
};

/// The directive as it is written, e.g. "uwsgi_ssl_crl"; empty when the module has none.
std::string_view directive_name(Module module, UpstreamSetting setting);
std::string_view directive_name(Module module, ListenerSetting setting);

/// What a directive is when nobody wrote it.
struct DefaultValue {
  std::string_view words;  ///< separated by blanks; empty: nothing, or a variable
  bool exists = true;      ///< this version has the directive at all
  bool depends_on_version =
      false;  ///< the version is not known, and it makes a difference: this is the newest
  std::string_view source;  ///< where the fact stands in nginx
};

/// The default under a version of nginx; an unknown version is taken for the newest.
DefaultValue default_value(Module module, UpstreamSetting setting, NginxVersion version);
DefaultValue default_value(Module module, ListenerSetting setting, NginxVersion version);

}  // namespace handshaked::nginx
