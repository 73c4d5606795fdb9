#include "diagnose/case/controller_setting.h"

#include <algorithm>
#include <string>

namespace handshaked::diagnose {
namespace {

using enum Controller;
using Form = ControllerSetting::Form;

/// From the controllers' documentation: ingress-nginx "Annotations" and "ConfigMap", NGINX Ingress
/// Controller "Advanced configuration with annotations", "VirtualServer", "Policy" and "ConfigMap",
/// the Gateway API's BackendTLSPolicy. What an Ingress cannot say for itself and a ConfigMap says
/// for all stands behind what it can.
constexpr ControllerSetting kSettings[] = {
    {ingress_nginx, "", "proxy_pass", Form::annotation,
     "nginx.ingress.kubernetes.io/backend-protocol", ""},
    {ingress_nginx, "", "proxy_ssl_verify", Form::annotation,
     "nginx.ingress.kubernetes.io/proxy-ssl-verify", ""},
    {ingress_nginx, "", "proxy_ssl_verify_depth", Form::annotation,
     "nginx.ingress.kubernetes.io/proxy-ssl-verify-depth", ""},
    {ingress_nginx, "", "proxy_ssl_name", Form::annotation,
     "nginx.ingress.kubernetes.io/proxy-ssl-name", ""},
    {ingress_nginx, "", "proxy_ssl_server_name", Form::annotation,
     "nginx.ingress.kubernetes.io/proxy-ssl-server-name", ""},
    {ingress_nginx, "", "proxy_ssl_protocols", Form::annotation,
     "nginx.ingress.kubernetes.io/proxy-ssl-protocols", ""},
    {ingress_nginx, "", "proxy_ssl_ciphers", Form::annotation,
     "nginx.ingress.kubernetes.io/proxy-ssl-ciphers", ""},
    {ingress_nginx, "", "proxy_ssl_trusted_certificate", Form::secret,
     "nginx.ingress.kubernetes.io/proxy-ssl-secret", "ca.crt"},
    {ingress_nginx, "", "proxy_ssl_certificate", Form::secret,
     "nginx.ingress.kubernetes.io/proxy-ssl-secret", "tls.crt"},
    {ingress_nginx, "", "proxy_ssl_certificate_key", Form::secret,
     "nginx.ingress.kubernetes.io/proxy-ssl-secret", "tls.key"},
    {ingress_nginx, "", "ssl_client_certificate", Form::secret,
     "nginx.ingress.kubernetes.io/auth-tls-secret", "ca.crt"},
    {ingress_nginx, "", "ssl_trusted_certificate", Form::secret,
     "nginx.ingress.kubernetes.io/auth-tls-secret", "ca.crt"},
    {ingress_nginx, "", "ssl_crl", Form::secret, "nginx.ingress.kubernetes.io/auth-tls-secret",
     "ca.crl"},
    {ingress_nginx, "", "ssl_verify_client", Form::annotation,
     "nginx.ingress.kubernetes.io/auth-tls-verify-client", ""},
    {ingress_nginx, "", "ssl_verify_depth", Form::annotation,
     "nginx.ingress.kubernetes.io/auth-tls-verify-depth", ""},
    {ingress_nginx, "", "ssl_certificate", Form::secret, "spec.tls[].secretName", "tls.crt"},
    {ingress_nginx, "", "ssl_certificate_key", Form::secret, "spec.tls[].secretName", "tls.key"},
    {ingress_nginx, "", "ssl_protocols", Form::config_map, "ssl-protocols", ""},
    {ingress_nginx, "", "ssl_ciphers", Form::config_map, "ssl-ciphers", ""},
    {ingress_nginx, "", "ssl_ecdh_curve", Form::config_map, "ssl-ecdh-curve", ""},
    {ingress_nginx, "", "ssl_dhparam", Form::config_map, "ssl-dh-param", ""},
    {ingress_nginx, "", "ssl_session_tickets", Form::config_map, "ssl-session-tickets", ""},

    {nginx_controller, "ingress", "proxy_pass", Form::annotation, "nginx.org/ssl-services", ""},
    {nginx_controller, "ingress", "ssl_certificate", Form::secret, "spec.tls[].secretName",
     "tls.crt"},
    {nginx_controller, "ingress", "ssl_certificate_key", Form::secret, "spec.tls[].secretName",
     "tls.key"},
    {nginx_controller, "virtualserver", "proxy_pass", Form::true_or_false,
     "spec.upstreams[].tls.enable", ""},
    {nginx_controller, "virtualserver", "proxy_ssl_verify", Form::true_or_false,
     "spec.egressMTLS.verifyServer", "Policy"},
    {nginx_controller, "virtualserver", "proxy_ssl_verify_depth", Form::field,
     "spec.egressMTLS.verifyDepth", "Policy"},
    {nginx_controller, "virtualserver", "proxy_ssl_name", Form::field, "spec.egressMTLS.sslName",
     "Policy"},
    {nginx_controller, "virtualserver", "proxy_ssl_server_name", Form::true_or_false,
     "spec.egressMTLS.serverName", "Policy"},
    {nginx_controller, "virtualserver", "proxy_ssl_session_reuse", Form::true_or_false,
     "spec.egressMTLS.sessionReuse", "Policy"},
    {nginx_controller, "virtualserver", "proxy_ssl_protocols", Form::field,
     "spec.egressMTLS.protocols", "Policy"},
    {nginx_controller, "virtualserver", "proxy_ssl_ciphers", Form::field, "spec.egressMTLS.ciphers",
     "Policy"},
    {nginx_controller, "virtualserver", "proxy_ssl_trusted_certificate", Form::secret,
     "spec.egressMTLS.trustedCertSecret", "ca.crt"},
    {nginx_controller, "virtualserver", "proxy_ssl_certificate", Form::secret,
     "spec.egressMTLS.tlsSecret", "tls.crt"},
    {nginx_controller, "virtualserver", "proxy_ssl_certificate_key", Form::secret,
     "spec.egressMTLS.tlsSecret", "tls.key"},
    {nginx_controller, "virtualserver", "ssl_client_certificate", Form::secret,
     "spec.ingressMTLS.clientCertSecret", "ca.crt"},
    {nginx_controller, "virtualserver", "ssl_crl", Form::secret,
     "spec.ingressMTLS.clientCertSecret", "ca.crl"},
    {nginx_controller, "virtualserver", "ssl_verify_client", Form::field,
     "spec.ingressMTLS.verifyClient", "Policy"},
    {nginx_controller, "virtualserver", "ssl_verify_depth", Form::field,
     "spec.ingressMTLS.verifyDepth", "Policy"},
    {nginx_controller, "virtualserver", "ssl_certificate", Form::secret, "spec.tls.secret",
     "tls.crt"},
    {nginx_controller, "virtualserver", "ssl_certificate_key", Form::secret, "spec.tls.secret",
     "tls.key"},
    {nginx_controller, "", "ssl_protocols", Form::config_map, "ssl-protocols", ""},
    {nginx_controller, "", "ssl_ciphers", Form::config_map, "ssl-ciphers", ""},
    {nginx_controller, "", "ssl_prefer_server_ciphers", Form::config_map,
     "ssl-prefer-server-ciphers", ""},

    {gateway_fabric, "", "proxy_ssl_name", Form::field, "spec.validation.hostname",
     "BackendTLSPolicy"},
    {gateway_fabric, "", "proxy_ssl_trusted_certificate", Form::secret,
     "spec.validation.caCertificateRefs[]", "ca.crt"},
    {gateway_fabric, "", "ssl_certificate", Form::secret, "spec.listeners[].tls.certificateRefs[]",
     "tls.crt"},
    {gateway_fabric, "", "ssl_certificate_key", Form::secret,
     "spec.listeners[].tls.certificateRefs[]", "tls.key"},
};

/// "virtualserverroute" is told its settings as "virtualserver" is.
bool is_of_kind(std::string_view kind, std::string_view wanted) {
  return wanted.empty() || kind.starts_with(wanted);
}

std::string as_of_proxy(std::string_view directive) {
  for (const std::string_view family : {"grpc_", "uwsgi_"}) {
    if (directive.starts_with(family))
      return "proxy_" + std::string(directive.substr(family.size()));
  }
  return std::string(directive);
}

}  // namespace

std::string_view to_string(Controller controller) {
  switch (controller) {
    case ingress_nginx: return "ingress-nginx";
    case nginx_controller: return "NGINX Ingress Controller";
    case gateway_fabric: return "NGINX Gateway Fabric";
  }
  return "";
}

const ControllerSetting* controller_setting(Controller controller, std::string_view kind,
                                            std::string_view directive) {
  const std::string name = as_of_proxy(directive);
  const auto* const found =
      std::find_if(std::begin(kSettings), std::end(kSettings), [&](const ControllerSetting& one) {
        return one.controller == controller && one.directive == name && is_of_kind(kind, one.kind);
      });
  return found == std::end(kSettings) ? nullptr : found;
}

std::string_view snippet_setting(Controller controller, std::string_view kind, SnippetScope scope) {
  const bool is_virtual = kind.starts_with("virtualserver");
  switch (controller) {
    case ingress_nginx:
      if (scope == SnippetScope::http) return "http-snippet";
      return scope == SnippetScope::server ? "nginx.ingress.kubernetes.io/server-snippet"
                                           : "nginx.ingress.kubernetes.io/configuration-snippet";
    case nginx_controller:
      if (scope == SnippetScope::http) return "http-snippets";
      if (is_virtual)
        return scope == SnippetScope::server ? "spec.server-snippets" : "location-snippets";
      return scope == SnippetScope::server ? "nginx.org/server-snippets"
                                           : "nginx.org/location-snippets";
    case gateway_fabric:
      if (scope == SnippetScope::http) return "http";
      return scope == SnippetScope::server ? "http.server" : "http.server.location";
  }
  return "";
}

}  // namespace handshaked::diagnose
