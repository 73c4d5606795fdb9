#include "diagnose/upstream/handshake/other_ports.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostPorts = 32;

class Ports {
 public:
  Ports(const nginx::Address& wrong, std::vector<OtherPort>& found)
      : wrong_(wrong), found_(found) {}

  void add(const nginx::Address& address, const nginx::Directive& named_by) {
    if (nginx::is_same_host(address.host, wrong_.host)) {
      add(address.port, named_by.file->path + ":" + std::to_string(named_by.line));
    }
  }
  void add(std::uint16_t port, std::string named_by) {
    const bool is_known = std::any_of(found_.begin(), found_.end(),
                                      [&](const OtherPort& one) { return one.port == port; });
    if (port == 0 || port == wrong_.port || is_known || found_.size() == kMostPorts) return;
    found_.push_back({port, std::move(named_by)});
  }

 private:
  const nginx::Address& wrong_;
  std::vector<OtherPort>& found_;
};

bool is_loopback(const std::string& host) {
  return host == "[::1]" || host == "::1" || host.starts_with("127.") || host == "localhost";
}

std::string slurp(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Members of the same group are no candidates: it would be the same peer twice.
bool is_member(const UpstreamCase& upstream, const nginx::Address& address) {
  const nginx::Destination* const destination = upstream.view().destination;
  if (destination == nullptr || destination->group == nullptr) return false;
  const auto& servers = destination->group->servers;
  return std::any_of(servers.begin(), servers.end(), [&](const nginx::UpstreamServer& one) {
    return nginx::is_same_endpoint(one.address, address);
  });
}

}  // namespace

std::vector<std::uint16_t> listening_ports(const std::string& proc_net_tcp) {
  constexpr std::string_view kListening = "0A";
  std::vector<std::uint16_t> ports;
  std::istringstream lines(proc_net_tcp);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string number, local, remote, state;
    if (!(words >> number >> local >> remote >> state) || state != kListening) continue;
    const std::size_t colon = local.rfind(':');
    if (colon == std::string::npos) continue;
    std::uint16_t port = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), port, 16);
    if (port != 0 && std::find(ports.begin(), ports.end(), port) == ports.end())
      ports.push_back(port);
  }
  return ports;
}

std::vector<OtherPort> other_ports(const UpstreamCase& upstream) {
  std::vector<OtherPort> found;
  const nginx::Address* const wrong = upstream.view().address();
  if (wrong == nullptr || wrong->kind == nginx::Address::Kind::unix_socket) return found;
  Ports ports(*wrong, found);
  const nginx::PassInventory& passes = upstream.surroundings().nginx->passes;
  for (const nginx::UpstreamGroup& group : passes.groups().all()) {
    for (const nginx::UpstreamServer& server : group.servers) {
      if (!is_member(upstream, server.address)) ports.add(server.address, *server.directive);
    }
  }
  for (const nginx::PassTarget& target : passes.targets()) {
    for (const nginx::Destination& destination : target.destinations) {
      if (destination.group == nullptr && !is_member(upstream, destination.address))
        ports.add(destination.address, *target.pass);
    }
  }
  if (!is_loopback(wrong->host)) return found;
  for (const char* const table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    for (const std::uint16_t port : listening_ports(slurp(table))) {
      nginx::Address open = *wrong;
      open.port = port;
      const bool may_look =
          upstream.surroundings().prober->addresses_of({wrong->host, port}).has_value();
      if (may_look && !is_member(upstream, open)) ports.add(port, "open on this host");
    }
  }
  return found;
}

Result<ConfigurationPatch> patch_with_port(const UpstreamCase& upstream, std::uint16_t port) {
  ConfigurationPatch patch = upstream.new_patch();
  const UpstreamView& view = upstream.view();
  nginx::Address address;
  if (view.member != nullptr) {
    address = view.member->address;
    address.port = port;
    TRY(patch.replace_argument(*view.member->directive, 0,
                               address.host + ":" + std::to_string(port)));
    return patch;
  }
  if (view.target->has_variables || view.destination == nullptr)
    return fail(ErrorCode::invalid_input, "a variable says where it goes");
  // What is written: scheme, host, perhaps a port, and a URI, which stays.
  std::string text(view.target->pass->argument(0));
  const nginx::Address& written = view.destination->address;
  const std::size_t host = text.find(written.host);
  if (host == std::string::npos)
    return fail(ErrorCode::invalid_input, "the host is not written there");
  const std::size_t after_host = host + written.host.size();
  const std::size_t after_port = text.find_first_of("/?", after_host);
  text.replace(after_host, std::min(after_port, text.size()) - after_host,
               ":" + std::to_string(port));
  TRY(patch.replace_argument(*view.target->pass, 0, text));
  return patch;
}

}  // namespace handshaked::diagnose
