#include "nginx/effective_tls.h"

#include <unordered_set>

namespace handshaked::nginx {
namespace {

constexpr std::size_t kMostTargets = 100'000;

struct Scheme {
  std::string_view name;
  bool is_tls;
  std::uint16_t port;  ///< 0: nginx demands one
};

/// nginx compares schemes without case. Only proxy_pass knows default ports, and only it demands a
/// scheme.
std::optional<Scheme> take_scheme(Module module, std::string_view& text) {
  static constexpr Scheme kProxy[] = {{"http", false, 80}, {"https", true, 443}};
  static constexpr Scheme kGrpc[] = {{"grpc", false, 0}, {"grpcs", true, 0}};
  static constexpr Scheme kUwsgi[] = {{"uwsgi", false, 0}, {"suwsgi", true, 0}};
  const auto& schemes = module == Module::http_proxy ? kProxy
                        : module == Module::grpc     ? kGrpc
                                                     : kUwsgi;
  for (const Scheme& scheme : schemes) {
    if (to_lower(text.substr(0, scheme.name.size() + 3)) == std::string(scheme.name) + "://") {
      text.remove_prefix(scheme.name.size() + 3);
      return scheme;
    }
  }
  if (module == Module::http_proxy) return std::nullopt;
  return schemes[0];
}

std::optional<Module> pass_module(const Directive& directive, bool is_stream) {
  if (directive.arguments.size() != 1) return std::nullopt;
  if (directive.is("proxy_pass")) return is_stream ? Module::stream_proxy : Module::http_proxy;
  if (is_stream) return std::nullopt;
  if (directive.is("grpc_pass")) return Module::grpc;
  if (directive.is("uwsgi_pass")) return Module::uwsgi;
  return std::nullopt;
}

bool is_inner_block(const Directive& directive) {
  return directive.has_block &&
         (directive.is("location") || directive.is("if") || directive.is("limit_except"));
}

/// The host without the port, as nginx cuts it: at the first ':' behind a ']'.
std::string_view without_port(std::string_view name) {
  std::size_t from = name.starts_with('[') ? name.find(']') : 0;
  if (from == std::string_view::npos) from = 0;
  return name.substr(0, name.find(':', from));
}

/// As per RFC 6066 nginx sends no address as SNI. A socket's path does not begin so: it is sent.
bool can_be_sni(std::string_view name) {
  if (name.empty() || name.starts_with('[')) return false;
  const auto address = parse_address(name, AddressForm::url);
  return !address || address->kind != Address::Kind::ipv4;
}

/// $proxy_host: the host, and the port when it is not the scheme's.
std::string proxy_host(const Destination& destination) {
  const Address& address = destination.address;
  if (address.kind == Address::Kind::unix_socket) return "localhost";
  const std::uint16_t usual = destination.scheme == "https" ? 443 : 80;
  return destination.group != nullptr || !address.has_port || address.port == usual
             ? address.host
             : address.host + ":" + std::to_string(address.port);
}

}  // namespace

UpstreamSettings upstream_settings(const Directive& block, Module module, NginxVersion version) {
  const auto value = [&](UpstreamSetting setting) {
    return effective_value(block, module, setting, version);
  };
  UpstreamSettings settings;
  settings.verify = value(UpstreamSetting::ssl_verify);
  settings.verify_depth = value(UpstreamSetting::ssl_verify_depth);
  settings.trusted_certificate = value(UpstreamSetting::ssl_trusted_certificate);
  settings.crl = value(UpstreamSetting::ssl_crl);
  settings.name = value(UpstreamSetting::ssl_name);
  settings.server_name = value(UpstreamSetting::ssl_server_name);
  settings.certificate = value(UpstreamSetting::ssl_certificate);
  settings.certificate_key = value(UpstreamSetting::ssl_certificate_key);
  settings.password_file = value(UpstreamSetting::ssl_password_file);
  settings.protocols = value(UpstreamSetting::ssl_protocols);
  settings.ciphers = value(UpstreamSetting::ssl_ciphers);
  settings.session_reuse = value(UpstreamSetting::ssl_session_reuse);
  settings.conf_commands = value(UpstreamSetting::ssl_conf_command);
  settings.alpn = value(UpstreamSetting::ssl_alpn);
  settings.stream_ssl = value(UpstreamSetting::ssl);
  settings.proxy_protocol = value(UpstreamSetting::proxy_protocol);
  settings.connect_timeout = value(UpstreamSetting::connect_timeout);
  settings.http_version = value(UpstreamSetting::http_version);
  settings.resolver = value(UpstreamSetting::resolver);
  settings.resolver_timeout = value(UpstreamSetting::resolver_timeout);
  settings.set_headers = value(UpstreamSetting::set_header);
  return settings;
}

PassInventory::PassInventory(const Configuration& configuration, NginxVersion version)
    : version_(version), groups_(configuration), variables_(configuration) {
  for (const std::string_view top : {"http", "stream"}) {
    for (const Directive* block : configuration.root().find(top)) {
      for (const Directive* server : block->find("server")) {
        if (!server->has_block) continue;
        servers_.push_back(std::make_unique<const ServerBlock>(*server));
        std::vector<const Directive*> around{server};
        collect(*server, around);
      }
    }
  }
  mark_run_time_names();
}

void PassInventory::mark_run_time_names() {
  const auto key = [](const PassTarget& target, const Destination& destination) {
    return (target.module == Module::stream_proxy ? "stream/" : "http/") +
           to_lower(destination.address.text());
  };
  std::unordered_set<std::string> literals;
  for (const PassTarget& target : targets_) {
    if (target.has_variables) continue;
    for (const Destination& destination : target.destinations)
      literals.insert(key(target, destination));
  }
  for (PassTarget& target : targets_) {
    if (!target.has_variables) continue;
    for (Destination& destination : target.destinations) {
      destination.is_resolved_at_run_time = destination.group == nullptr &&
                                            destination.address.kind == Address::Kind::name &&
                                            !literals.contains(key(target, destination));
    }
  }
}

void PassInventory::collect(const Directive& block, std::vector<const Directive*>& around) {
  const bool is_stream = around.back()->parent->is("stream");
  for (const Directive& child : block.block) {
    if (const auto module = pass_module(child, is_stream)) {
      if (targets_.size() < kMostTargets) add_target(child, *module, around);
    } else if (is_inner_block(child)) {
      around.insert(around.begin(), &child);
      collect(child, around);
      around.erase(around.begin());
    }
  }
}

void PassInventory::add_target(const Directive& pass, Module module,
                               const std::vector<const Directive*>& around) {
  PassTarget target;
  target.module = module;
  target.pass = &pass;
  target.server = servers_.back().get();
  target.enclosing_blocks = around;
  target.location = enclosing(*pass.parent, "location");
  target.settings = upstream_settings(*pass.parent, module, version_);
  const std::string_view argument = pass.argument(0);
  target.has_variables = nginx::has_variables(argument);
  target.written = variables_.resolve(argument, pass);
  const bool stream_tls = target.settings.stream_ssl.is_on();
  for (const std::string& text : target.written.values) {
    auto destination = read_destination(module, text, stream_tls);
    if (!destination) {
      target.is_refused = target.is_refused || !target.has_variables;
      continue;
    }
    target.is_tls = target.is_tls || destination->is_tls;
    target.destinations.push_back(std::move(*destination));
  }
  if (!target.written.is_complete) {
    std::string_view rest = argument;
    const auto scheme = module == Module::stream_proxy ? std::nullopt : take_scheme(module, rest);
    const bool is_scheme_variable = module != Module::stream_proxy && argument.starts_with('$');
    target.is_tls = target.is_tls || is_scheme_variable ||
                    (module == Module::stream_proxy ? stream_tls : scheme && scheme->is_tls);
  }
  targets_.push_back(std::move(target));
}

std::optional<Destination> PassInventory::read_destination(Module module, const std::string& text,
                                                           bool stream_tls) const {
  Destination destination;
  destination.text = text;
  std::string_view rest = text;
  std::uint16_t port = 0;
  if (module == Module::stream_proxy) {
    destination.is_tls = stream_tls;
  } else {
    const auto scheme = take_scheme(module, rest);
    if (!scheme) return std::nullopt;
    destination.scheme = scheme->name;
    destination.is_tls = scheme->is_tls;
    port = scheme->port;
  }
  auto address = parse_address(
      rest, module == Module::http_proxy ? AddressForm::url : AddressForm::peer, port);
  if (!address) return std::nullopt;
  destination.address = std::move(*address);
  const auto space =
      module == Module::stream_proxy ? UpstreamGroup::Space::stream : UpstreamGroup::Space::http;
  const bool is_socket = destination.address.kind == Address::Kind::unix_socket;
  if (!is_socket && !destination.address.has_port)
    destination.group = groups_.find(space, destination.address.host);
  if (destination.group != nullptr) destination.address.port = 0;
  else if (!is_socket && destination.address.port == 0)
    return std::nullopt;  // "no port in upstream"
  return destination;
}

std::vector<PeerName> PassInventory::peer_names(const PassTarget& target,
                                                const Destination& destination) const {
  Resolution names;
  if (target.settings.name.is_default()) {
    names.values.push_back(destination.group != nullptr ? destination.group->name
                                                        : destination.address.host);
  } else {
    names = variables_.resolve(target.settings.name.first(), *target.pass, proxy_host(destination));
  }
  std::vector<PeerName> result;
  for (const std::string& value : names.values) {
    PeerName name;
    name.is_known = true;
    name.verified = without_port(value);
    name.is_client_chosen = names.is_client_chosen;
    if (target.settings.server_name.is_on() && can_be_sni(name.verified)) name.sni = name.verified;
    result.push_back(std::move(name));
  }
  if (!names.is_complete)
    result.push_back({false, {}, std::nullopt, names.is_client_chosen, names.reason});
  return result;
}

}  // namespace handshaked::nginx
