#include "nginx/serving/server_block.h"

namespace handshaked::nginx {
namespace {

std::string key_of(const Address& address) {
  if (address.kind == Address::Kind::unix_socket) return address.text();
  Address plain = address;
  if (plain.kind == Address::Kind::any) plain.host = "0.0.0.0";
  plain.host = to_lower(plain.host);
  return plain.text();
}

bool is_any_address(const Address& address) {
  return address.kind == Address::Kind::any || is_same_host(address.host, "0.0.0.0") ||
         is_same_host(address.host, "[::]");
}

}  // namespace

std::vector<ListenAddress> listen_addresses(const Directive& server) {
  std::vector<ListenAddress> listens;
  const Directive* top = top_block(server);
  const bool is_http = top != nullptr && top->is("http");
  for (const Directive* directive : server.find("listen")) {
    auto address = parse_address(directive->argument(0), AddressForm::listen, is_http ? 80 : 0);
    if (!address || (address->port == 0 && address->kind != Address::Kind::unix_socket)) continue;
    ListenAddress listen;
    listen.directive = directive;
    listen.address = std::move(*address);
    listen.key = key_of(listen.address);
    for (std::size_t i = 1; i < directive->arguments.size(); ++i) {
      const std::string_view option = directive->argument(i);
      if (option == "ssl") listen.is_ssl = true;
      else if (option == "quic" || option == "http3") listen.is_quic = true;
      else if (option == "http2") listen.is_http2 = true;
      else if (option == "proxy_protocol") listen.is_proxy_protocol = true;
      else if (option == "default_server" || option == "default") listen.is_default_server = true;
      else if (option == "udp") listen.is_udp = true;
    }
    listens.push_back(std::move(listen));
  }
  if (server.find("listen").empty() && is_http) {
    ListenAddress added;
    added.address = {Address::Kind::any, "*", 80, 0, false, {}};
    added.key = key_of(added.address);
    listens.push_back(std::move(added));
  }
  return listens;
}

bool covers(const ListenAddress& listen, const Address& local) {
  if (listen.address.kind == Address::Kind::unix_socket ||
      local.kind == Address::Kind::unix_socket) {
    return is_same_endpoint(listen.address, local);
  }
  const std::uint16_t last =
      listen.address.last_port == 0 ? listen.address.port : listen.address.last_port;
  if (local.port < listen.address.port || local.port > last) return false;
  return is_any_address(listen.address) || is_same_host(listen.address.host, local.host);
}

}  // namespace handshaked::nginx
