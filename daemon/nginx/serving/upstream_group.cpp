#include "nginx/serving/upstream_group.h"

#include <charconv>

namespace handshaked::nginx {
namespace {

std::uint32_t number_or(std::string_view text, std::uint32_t otherwise) {
  std::uint32_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() ? number : otherwise;
}

UpstreamServer read_server(const Directive& directive, UpstreamGroup::Space space) {
  UpstreamServer server;
  server.directive = &directive;
  const bool is_http = space == UpstreamGroup::Space::http;
  if (auto address = parse_address(directive.argument(0), AddressForm::peer, is_http ? 80 : 0)) {
    server.address = std::move(*address);
    server.is_port_default =
        !server.address.has_port && server.address.kind != Address::Kind::unix_socket;
  } else {
    server.is_valid = false;
    server.address.host = directive.argument(0);
  }
  for (std::size_t i = 1; i < directive.arguments.size(); ++i) {
    const std::string_view option = directive.argument(i);
    const std::string_view value = option.substr(std::min(option.find('=') + 1, option.size()));
    if (option == "backup") server.is_backup = true;
    else if (option == "down") server.is_down = true;
    else if (option == "resolve") server.is_resolved_at_run_time = true;
    else if (option.starts_with("service=")) server.service = value;
    else if (option.starts_with("weight=")) server.weight = number_or(value, 1);
    else if (option.starts_with("max_fails=")) server.max_fails = number_or(value, 1);
    else if (option.starts_with("fail_timeout=")) server.fail_timeout = value;
  }
  if (!is_http && server.is_port_default && server.service.empty()) server.is_valid = false;
  return server;
}

UpstreamGroup read_group(const Directive& directive, UpstreamGroup::Space space) {
  UpstreamGroup group;
  group.space = space;
  group.name = directive.argument(0);
  group.directive = &directive;
  for (const Directive* server : directive.find("server"))
    group.servers.push_back(read_server(*server, space));
  if (const Directive* zone = directive.find_first("zone")) group.zone = zone->argument(0);
  group.resolver = directive.find_first("resolver");
  for (const std::string_view method : {"ip_hash", "least_conn", "hash", "random", "least_time"}) {
    if (directive.find_first(method) != nullptr) group.balance = method;
  }
  return group;
}

}  // namespace

UpstreamGroups::UpstreamGroups(const Configuration& configuration) {
  for (const auto space : {UpstreamGroup::Space::http, UpstreamGroup::Space::stream}) {
    for (const Directive* top :
         configuration.root().find(space == UpstreamGroup::Space::http ? "http" : "stream")) {
      for (const Directive* upstream : top->find("upstream")) {
        if (!upstream->has_block) continue;
        groups_.push_back(read_group(*upstream, space));
        by_name_[static_cast<std::size_t>(space)].emplace(to_lower(groups_.back().name),
                                                          groups_.size() - 1);
      }
    }
  }
}

const UpstreamGroup* UpstreamGroups::find(UpstreamGroup::Space space, std::string_view name) const {
  const auto& names = by_name_[static_cast<std::size_t>(space)];
  const auto found = names.find(to_lower(name));
  return found == names.end() ? nullptr : &groups_[found->second];
}

}  // namespace handshaked::nginx
