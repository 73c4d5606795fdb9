#pragma once

#include <optional>
#include <string_view>

namespace handshaked::diagnose {

/// What writes nginx's configuration in Kubernetes.
enum class Controller : unsigned char {
  ingress_nginx,     ///< the community's, github.com/kubernetes/ingress-nginx
  nginx_controller,  ///< F5's NGINX Ingress Controller
  gateway_fabric,    ///< NGINX Gateway Fabric
};
std::string_view to_string(Controller controller);

/// What a controller makes a directive from.
struct ControllerSetting {
  enum class Form : unsigned char {
    annotation,  ///< `key` is its name, its value the directive's
    config_map,  ///< `key` of the controller's ConfigMap
    secret,      ///< the entry `part` of the Secret that the annotation or the field `key` names
    field,  ///< `key` of the resource; `part` is the kind of another resource that it belongs to,
            ///< if it is another
    true_or_false  ///< the same, where nginx says on and off
  };
  Controller controller;
  std::string_view kind;       ///< of the resource ("ingress", "virtualserver"); empty: any
  std::string_view directive;  ///< of http's proxy module, or of the listener
  Form form;
  std::string_view key, part;
};

/// nullptr: none is known, and a snippet does it. `directive` may be of another module that talks
/// to upstreams (grpc_ssl_verify).
const ControllerSetting* controller_setting(Controller controller, std::string_view kind,
                                            std::string_view directive);

/// Which text of the configuration a snippet gets into.
enum class SnippetScope : unsigned char { http, server, location };
/// The setting that takes directives as they are.
std::string_view snippet_setting(Controller controller, std::string_view kind, SnippetScope scope);

}  // namespace handshaked::diagnose
