#include "config/sections/sections.h"

#include <algorithm>
#include <charconv>

#include "net/address_list.h"
#include "net/endpoint.h"

namespace handshaked::config {
namespace {

using net::Endpoint;

void read_socket_mode(TableReader& table, int& into) {
  std::string text;
  table.text("socket_mode", text);
  if (text.empty()) return;
  int mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size() || mode < 0 || mode > 0777)
    table.complain_about("socket_mode", "socket_mode must be an octal mode such as \"0660\"");
  else into = mode;
}

void check_access(TableReader& table, const NetworkSource& source, const Endpoint& endpoint, bool has_token) {
  const bool has_clients = endpoint.transport == Endpoint::Transport::tls && !source.client_ca.empty();
  if (endpoint.is_local() || !source.allow.empty() || has_clients || has_token || source.open_to_all) return;
  const std::string_view reach = endpoint.inherited.empty() ? " can be reached" : " may be reachable";
  table.complain_about("listen", endpoint.text + std::string(reach) +
                                     " from other hosts: say who may send (allow = [\"10.0.0.0/8\"], or TLS with "
                                     "client_ca), or that everybody may (open_to_all = true)");
}

}  // namespace

void name_source(TableReader& table, std::string_view section, std::string& name, std::vector<std::string>& names) {
  const auto is_taken = [&names](const std::string& other) { return std::find(names.begin(), names.end(), other) != names.end(); };
  if (name.empty()) {
    name = section;
    for (int number = 2; is_taken(name); ++number) name = std::string(section) + "-" + std::to_string(number);
  } else if (name.starts_with('/')) {
    table.complain_about("name", "name must not begin with a slash: it would look like a file");
  } else if (is_taken(name)) {
    table.complain_about("name", "two sources are named \"" + name + "\"; give each a name of its own");
  }
  names.push_back(name);
}

void read_network_source(TableReader& table, std::string_view section, NetworkSource& source, std::vector<std::string>& names,
                         bool has_token) {
  static constexpr std::pair<std::string_view, bool> kHostFrom[] = {{"message", true}, {"sender", false}};
  table.text("name", source.name);
  table.texts("listen", source.listen);
  table.texts("allow", source.allow);
  table.flag("open_to_all", source.open_to_all);
  table.text("time_zone", source.time_zone);
  table.text("host", source.host);
  table.choice("host_from", source.sender_names_host, kHostFrom);
  table.text("certificate", source.certificate);
  table.text("key", source.key);
  table.text("client_ca", source.client_ca);
  table.count("max_connections", source.max_connections, 1, 100'000);
  table.duration("silent_after", source.silent_after);
  read_socket_mode(table, source.socket_mode);
  name_source(table, section, source.name, names);

  if (source.listen.empty()) table.complain("a [[" + std::string(section) + "]] needs listen: at least one address");
  if (source.certificate.empty() != source.key.empty()) table.complain("certificate and key belong together");
  if (!source.client_ca.empty() && source.certificate.empty()) table.complain("client_ca needs TLS: certificate and key");
  for (const std::string& text : source.listen) {
    const auto endpoint = net::parse_endpoint(text);
    if (!endpoint) {
      table.complain_about("listen", endpoint.error().context());
      continue;
    }
    if (endpoint.value().transport == Endpoint::Transport::tls && source.certificate.empty())
      table.complain_about("listen", text + " needs certificate and key");
    check_access(table, source, endpoint.value(), has_token);
  }
  if (const auto allowed = net::AddressList::parse(source.allow); !allowed) table.complain_about("allow", allowed.error().context());
}

}  // namespace handshaked::config
