#include "web/expected_host.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/ip_text.h"
#include "net/http/http_request.h"

namespace handshaked::web {
namespace {

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_address(int family, std::string_view text) {
  in6_addr address{};
  return read_ip(family, text, &address);
}

}  // namespace

bool is_expected_host(std::string_view host_header, std::span<const std::string> names) {
  std::string_view host = host_header;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view port = host.substr(end + 1);
    if (!port.empty() && !(port.front() == ':' && is_port(port.substr(1)))) return false;
    return is_address(AF_INET6, host.substr(1, end - 1));
  }
  if (const auto colon = host.find(':'); colon != std::string_view::npos) {
    if (!is_port(host.substr(colon + 1))) return false;
    host = host.substr(0, colon);
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  if (is_address(AF_INET, host) || net::is_same_without_case(host, "localhost")) return true;
  return !host.empty() && std::any_of(names.begin(), names.end(), [host](const std::string& name) {
    return net::is_same_without_case(name, host);
  });
}

}  // namespace handshaked::web
