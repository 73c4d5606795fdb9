#include "nginx/versioned_defaults.h"

#include <array>

namespace handshaked::nginx {
namespace {

constexpr std::size_t kUpstreamModules = 4;

/// http_proxy, grpc, uwsgi, stream_proxy; in the order of UpstreamSetting.
constexpr std::array<std::array<std::string_view, kUpstreamModules>, 21> kUpstreamNames{{
    {"", "", "", "proxy_ssl"},
    {"proxy_ssl_verify", "grpc_ssl_verify", "uwsgi_ssl_verify", "proxy_ssl_verify"},
    {"proxy_ssl_verify_depth", "grpc_ssl_verify_depth", "uwsgi_ssl_verify_depth",
     "proxy_ssl_verify_depth"},
    {"proxy_ssl_trusted_certificate", "grpc_ssl_trusted_certificate",
     "uwsgi_ssl_trusted_certificate", "proxy_ssl_trusted_certificate"},
    {"proxy_ssl_crl", "grpc_ssl_crl", "uwsgi_ssl_crl", "proxy_ssl_crl"},
    {"proxy_ssl_name", "grpc_ssl_name", "uwsgi_ssl_name", "proxy_ssl_name"},
    {"proxy_ssl_server_name", "grpc_ssl_server_name", "uwsgi_ssl_server_name",
     "proxy_ssl_server_name"},
    {"proxy_ssl_certificate", "grpc_ssl_certificate", "uwsgi_ssl_certificate",
     "proxy_ssl_certificate"},
    {"proxy_ssl_certificate_key", "grpc_ssl_certificate_key", "uwsgi_ssl_certificate_key",
     "proxy_ssl_certificate_key"},
    {"proxy_ssl_password_file", "grpc_ssl_password_file", "uwsgi_ssl_password_file",
     "proxy_ssl_password_file"},
    {"proxy_ssl_protocols", "grpc_ssl_protocols", "uwsgi_ssl_protocols", "proxy_ssl_protocols"},
    {"proxy_ssl_ciphers", "grpc_ssl_ciphers", "uwsgi_ssl_ciphers", "proxy_ssl_ciphers"},
    {"proxy_ssl_session_reuse", "grpc_ssl_session_reuse", "uwsgi_ssl_session_reuse",
     "proxy_ssl_session_reuse"},
    {"proxy_ssl_conf_command", "grpc_ssl_conf_command", "uwsgi_ssl_conf_command",
     "proxy_ssl_conf_command"},
    {"", "", "", "proxy_ssl_alpn"},
    {"", "", "", "proxy_protocol"},
    {"proxy_connect_timeout", "grpc_connect_timeout", "uwsgi_connect_timeout",
     "proxy_connect_timeout"},
    {"proxy_set_header", "grpc_set_header", "uwsgi_param", ""},
    {"proxy_http_version", "", "", ""},
    {"resolver", "resolver", "resolver", "resolver"},
    {"resolver_timeout", "resolver_timeout", "resolver_timeout", "resolver_timeout"},
}};

/// In the order of ListenerSetting; which of the three listening modules have it.
struct ListenerName {
  std::string_view name;
  bool http, stream, mail;
};
constexpr std::array<ListenerName, 28> kListenerNames{{
    {"ssl", true, false, true},
    {"ssl_certificate", true, true, true},
    {"ssl_certificate_key", true, true, true},
    {"ssl_password_file", true, true, true},
    {"ssl_protocols", true, true, true},
    {"ssl_ciphers", true, true, true},
    {"ssl_prefer_server_ciphers", true, true, true},
    {"ssl_ecdh_curve", true, true, true},
    {"ssl_dhparam", true, true, true},
    {"ssl_client_certificate", true, true, true},
    {"ssl_trusted_certificate", true, true, true},
    {"ssl_verify_client", true, true, true},
    {"ssl_verify_depth", true, true, true},
    {"ssl_crl", true, true, true},
    {"ssl_stapling", true, true, false},
    {"ssl_stapling_file", true, true, false},
    {"ssl_stapling_responder", true, true, false},
    {"ssl_stapling_verify", true, true, false},
    {"ssl_ocsp", true, true, false},
    {"ssl_ocsp_responder", true, true, false},
    {"ssl_reject_handshake", true, true, false},
    {"ssl_conf_command", true, true, true},
    {"ssl_alpn", false, true, false},
    {"ssl_session_cache", true, true, true},
    {"ssl_session_tickets", true, true, true},
    {"http2", true, false, false},
    {"starttls", false, false, true},
    {"resolver", true, true, true},
}};

/// One default and the version that brought it. Rows of one setting stand together, oldest first;
/// the first row says since when the directive exists.
template <class Setting>
struct DefaultRow {
  Setting setting;
  NginxVersion since;
  std::string_view words;
  std::string_view source;
};

using U = UpstreamSetting;
constexpr DefaultRow<U> kUpstreamDefaults[] = {
    {U::ssl, {1, 9, 0}, "off", "ngx_stream_proxy_merge_srv_conf"},
    {U::ssl_verify, {1, 7, 0}, "off", "nginx 1.7.0, ngx_http_proxy_merge_loc_conf"},
    {U::ssl_verify_depth, {1, 7, 0}, "1", "nginx 1.7.0, ngx_http_proxy_merge_loc_conf"},
    {U::ssl_trusted_certificate, {1, 7, 0}, "", "nginx 1.7.0"},
    {U::ssl_crl, {1, 7, 0}, "", "nginx 1.7.0"},
    {U::ssl_name,
     {1, 7, 0},
     "",
     "nginx 1.7.0, ngx_http_upstream_ssl_name: the host of the upstream, without its port"},
    {U::ssl_server_name, {1, 7, 0}, "off", "nginx 1.7.0"},
    {U::ssl_certificate, {1, 7, 8}, "", "nginx 1.7.8"},
    {U::ssl_certificate_key, {1, 7, 8}, "", "nginx 1.7.8"},
    {U::ssl_password_file, {1, 7, 8}, "", "nginx 1.7.8"},
    {U::ssl_protocols, {1, 5, 6}, "SSLv3 TLSv1 TLSv1.1 TLSv1.2", "nginx 1.5.6"},
    {U::ssl_protocols,
     {1, 9, 1},
     "TLSv1 TLSv1.1 TLSv1.2",
     "nginx 1.9.1: SSLv3 disabled by default"},
    {U::ssl_protocols,
     {1, 23, 4},
     "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3",
     "nginx 1.23.4: TLSv1.3 enabled by default"},
    {U::ssl_protocols,
     {1, 27, 3},
     "TLSv1.2 TLSv1.3",
     "nginx 1.27.3: TLSv1 and TLSv1.1 disabled by default"},
    {U::ssl_ciphers, {1, 5, 6}, "DEFAULT", "nginx 1.5.6"},
    {U::ssl_session_reuse, {0, 7, 11}, "on", "nginx 0.7.11"},
    {U::ssl_conf_command, {1, 19, 4}, "", "nginx 1.19.4"},
    {U::ssl_alpn, {1, 31, 0}, "", "nginx 1.31.0"},
    {U::proxy_protocol, {1, 9, 2}, "off", "nginx 1.9.2"},
    {U::connect_timeout, {0, 1, 0}, "60s", "ngx_http_proxy_merge_loc_conf"},
    {U::set_header, {0, 1, 0}, "", "Host $proxy_host and Connection close"},
    {U::http_version, {1, 1, 4}, "1.0", "nginx 1.1.4"},
    {U::http_version,
     {1, 29, 7},
     "1.1",
     "nginx 1.29.7: HTTP/1.1 by default for upstream connections"},
    {U::resolver, {0, 6, 18}, "", "none: names in variables cannot be resolved"},
    {U::resolver_timeout, {0, 6, 18}, "30s", "ngx_http_core_merge_loc_conf"},
};

using L = ListenerSetting;
constexpr DefaultRow<L> kListenerDefaults[] = {
    {L::ssl, {0, 1, 0}, "off", "removed in nginx 1.25.1"},
    {L::ssl_certificate, {0, 1, 0}, "", ""},
    {L::ssl_certificate_key, {0, 1, 0}, "", ""},
    {L::ssl_password_file, {1, 7, 3}, "", "nginx 1.7.3"},
    {L::ssl_protocols, {0, 1, 0}, "SSLv3 TLSv1 TLSv1.1 TLSv1.2", "ngx_http_ssl_merge_srv_conf"},
    {L::ssl_protocols,
     {1, 9, 1},
     "TLSv1 TLSv1.1 TLSv1.2",
     "nginx 1.9.1: SSLv3 disabled by default"},
    {L::ssl_protocols,
     {1, 23, 4},
     "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3",
     "nginx 1.23.4: TLSv1.3 enabled by default"},
    {L::ssl_protocols,
     {1, 27, 3},
     "TLSv1.2 TLSv1.3",
     "nginx 1.27.3: TLSv1 and TLSv1.1 disabled by default"},
    {L::ssl_ciphers, {1, 0, 5}, "HIGH:!aNULL:!MD5", "nginx 1.0.5, NGX_DEFAULT_CIPHERS"},
    {L::ssl_prefer_server_ciphers, {0, 1, 0}, "off", "ngx_http_ssl_merge_srv_conf"},
    {L::ssl_ecdh_curve, {1, 0, 6}, "prime256v1", "nginx 1.0.6"},
    {L::ssl_ecdh_curve, {1, 11, 0}, "auto", "nginx 1.11.0, NGX_DEFAULT_ECDH_CURVE"},
    {L::ssl_dhparam, {0, 7, 2}, "", "nginx 0.7.2"},
    {L::ssl_client_certificate, {0, 1, 0}, "", ""},
    {L::ssl_trusted_certificate, {1, 3, 7}, "", "nginx 1.3.7"},
    {L::ssl_verify_client, {0, 1, 0}, "off", "ngx_http_ssl_merge_srv_conf"},
    {L::ssl_verify_depth, {0, 1, 0}, "1", "ngx_http_ssl_merge_srv_conf"},
    {L::ssl_crl, {0, 8, 7}, "", "nginx 0.8.7"},
    {L::ssl_stapling, {1, 3, 7}, "off", "nginx 1.3.7"},
    {L::ssl_stapling_file, {1, 3, 7}, "", "nginx 1.3.7"},
    {L::ssl_stapling_responder, {1, 3, 7}, "", "nginx 1.3.7"},
    {L::ssl_stapling_verify, {1, 3, 7}, "off", "nginx 1.3.7"},
    {L::ssl_ocsp, {1, 19, 0}, "off", "nginx 1.19.0"},
    {L::ssl_ocsp_responder, {1, 19, 0}, "", "nginx 1.19.0"},
    {L::ssl_reject_handshake, {1, 19, 4}, "off", "nginx 1.19.4"},
    {L::ssl_conf_command, {1, 19, 4}, "", "nginx 1.19.4"},
    {L::ssl_alpn, {1, 21, 4}, "", "nginx 1.21.4"},
    {L::ssl_session_cache, {0, 5, 6}, "none", "nginx 0.5.6"},
    {L::ssl_session_tickets, {1, 5, 9}, "on", "nginx 1.5.9"},
    {L::http2, {1, 25, 1}, "off", "nginx 1.25.1"},
    {L::starttls, {0, 1, 0}, "off", "ngx_mail_ssl_merge_conf"},
    {L::resolver, {0, 6, 18}, "", "none"},
};

template <class Setting, std::size_t N>
DefaultValue find_default(const DefaultRow<Setting> (&rows)[N], Setting setting,
                          NginxVersion version) {
  DefaultValue value;
  std::size_t seen = 0;
  for (const auto& row : rows) {
    if (row.setting != setting) continue;
    ++seen;
    if (seen == 1) value.exists = !version.is_known() || row.since <= version;
    if (seen > 1 && version.is_known() && version < row.since) continue;
    value.words = row.words;
    value.source = row.source;
  }
  value.depends_on_version = !version.is_known() && seen > 1;
  return value;
}

}  // namespace

std::string_view directive_name(Module module, UpstreamSetting setting) {
  const auto column = static_cast<std::size_t>(module);
  return column < kUpstreamModules ? kUpstreamNames[static_cast<std::size_t>(setting)][column]
                                   : std::string_view();
}

std::string_view directive_name(Module module, ListenerSetting setting) {
  const ListenerName& row = kListenerNames[static_cast<std::size_t>(setting)];
  const bool has_it = module == Module::http_ssl     ? row.http
                      : module == Module::stream_ssl ? row.stream
                                                     : module == Module::mail_ssl && row.mail;
  return has_it ? row.name : std::string_view();
}

DefaultValue default_value(Module module, UpstreamSetting setting, NginxVersion version) {
  DefaultValue value = find_default(kUpstreamDefaults, setting, version);
  if (directive_name(module, setting).empty()) value.exists = false;
  if (version.is_known() && module == Module::grpc && version < NginxVersion{1, 13, 10})
    value.exists = false;
  if (version.is_known() && module == Module::stream_proxy && version < NginxVersion{1, 9, 0})
    value.exists = false;
  return value;
}

DefaultValue default_value(Module module, ListenerSetting setting, NginxVersion version) {
  DefaultValue value = find_default(kListenerDefaults, setting, version);
  if (directive_name(module, setting).empty()) value.exists = false;
  if (version.is_known() && module == Module::stream_ssl) {
    // Stapling, OCSP and virtual servers came to stream later than to http.
    const bool is_ocsp =
        setting == ListenerSetting::ssl_stapling || setting == ListenerSetting::ssl_stapling_file ||
        setting == ListenerSetting::ssl_stapling_responder ||
        setting == ListenerSetting::ssl_stapling_verify || setting == ListenerSetting::ssl_ocsp ||
        setting == ListenerSetting::ssl_ocsp_responder;
    if (is_ocsp && version < NginxVersion{1, 27, 2}) value.exists = false;
    if (setting == ListenerSetting::ssl_reject_handshake && version < NginxVersion{1, 25, 5})
      value.exists = false;
  }
  return value;
}

}  // namespace handshaked::nginx
