#include "diagnose/upstream/resolver_faults.h"

#include <algorithm>
#include <sstream>

#include "diagnose/texts.h"
#include "diagnose/upstream/handshake/handshake_families.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostTextBytes = 1U << 20;
constexpr std::string_view kNoResolver = "no resolver defined to resolve ";
constexpr std::string_view kNotResolved = " could not be resolved (";

/// The name that the line is about; empty for other lines.
std::string unresolved_name(const std::string& message) {
  if (message.starts_with(kNoResolver)) {
    const std::string rest = message.substr(kNoResolver.size());
    return rest.substr(0, rest.find_first_of(" ,"));
  }
  const std::size_t at = message.find(kNotResolved);
  if (at == std::string::npos || message.find(' ') < at) return {};
  return message.substr(0, at);
}

bool is_of_server(const nginx::PassTarget& target, const std::string& logged) {
  return logged.empty() || target.server->names.logged == logged;
}

/// The first `resolver` anywhere in the same top block, then anywhere: somebody has chosen it for
/// this host.
const nginx::Directive* resolver_elsewhere(const nginx::Directive& block) {
  if (const nginx::Directive* const own = block.find_first("resolver")) return own;
  for (const nginx::Directive& child : block.block) {
    if (!child.has_block || child.is_lua) continue;
    if (const nginx::Directive* const found = resolver_elsewhere(child)) return found;
  }
  return nullptr;
}

void propose_resolver(HandshakeReport& report, const std::string& name,
                      const std::vector<std::string>& arguments, const Text& source) {
  ConfigurationPatch patch = report.upstream().new_patch();
  const auto written = patch.set_directive(report.view().settings_block(), "resolver", arguments);
  if (!written) {
    report.propose("resolver_missing", "add-resolver", written, patch, source);
    return;
  }
  const UpstreamVerdict verdict = report.upstream().judge(patch);
  Proof proof = report.proof_of(verdict);
  const auto hosts = report.view().files->read("/etc/hosts", kMostTextBytes);
  const bool is_only_local = hosts && is_in_hosts_file(hosts.value(), name);
  if (verdict.stage == UpstreamStage::resolve || is_only_local) {
    proof.status = ProofStatus::untested;
    proof.method = ProofMethod::none;
    proof.detail = is_only_local ? upstream_text("name.known_by_hosts_file", {{"name", name}})
                                 : upstream_text("name.not_found", {{"name", name}});
  }
  report.propose_with("resolver_missing", "add-resolver", patch, hand_written(patch, source),
                      std::move(proof));
}

/// "https://$be:8443" with a variable that is always the same: without it nginx looks the name up
/// when it starts.
void propose_literal(HandshakeReport& report) {
  const UpstreamView& view = report.view();
  if (!view.target->has_variables || !view.target->written.is_constant()) return;
  ConfigurationPatch patch = report.upstream().new_patch();
  if (!patch.replace_argument(*view.target->pass, 0, view.target->written.values.front())) return;
  const UpstreamVerdict verdict = report.upstream().judge(patch);
  // nginx would not start with a name that this host cannot look up.
  if (!verdict.passes()) return;
  report.propose_with("resolver_missing", "static-upstream-group", patch,
                      hand_written(patch, upstream_text("name.variable_is_constant")),
                      report.proof_of(verdict));
  report.diagnosis().fixes.back().title = upstream_text("name.write_constant");
}

}  // namespace

std::vector<std::string> name_servers(const std::string& resolv_conf) {
  constexpr std::size_t kMostServers = 3;
  std::vector<std::string> servers;
  std::istringstream lines(resolv_conf);
  for (std::string line; std::getline(lines, line) && servers.size() < kMostServers;) {
    std::istringstream words(line);
    std::string keyword, address;
    if (!(words >> keyword >> address) || keyword != "nameserver") continue;
    if (address.find('%') != std::string::npos) continue;  // nginx takes no zone
    const bool is_v6 = address.find(':') != std::string::npos;
    if (ip_peer(address, 53)) servers.push_back(is_v6 ? "[" + address + "]" : address);
  }
  return servers;
}

bool is_in_hosts_file(const std::string& hosts, const std::string& name) {
  std::istringstream lines(hosts);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    words >> word;  // the address
    while (words >> word) {
      if (nginx::to_lower(word) == nginx::to_lower(name)) return true;
    }
  }
  return false;
}

std::optional<Symptom> with_unresolved_upstream(const Symptom& symptom,
                                                const nginx::PassInventory& passes) {
  const std::string name = unresolved_name(symptom.message);
  if (name.empty() || !symptom.peer.empty()) return std::nullopt;
  const nginx::Destination* found = nullptr;
  for (const nginx::PassTarget& target : passes.targets()) {
    for (const nginx::Destination& destination : target.destinations) {
      if (!destination.is_resolved_at_run_time ||
          !nginx::is_same_host(destination.address.host, name))
        continue;
      if (found == nullptr || is_of_server(target, symptom.server)) found = &destination;
    }
  }
  if (found == nullptr) return std::nullopt;
  Symptom placed = symptom;
  placed.scheme = found->scheme;
  placed.peer = found->address.text();
  return placed;
}

bool diagnose_resolver(HandshakeReport& report) {
  if (report.now().stage != UpstreamStage::resolve) return false;
  const UpstreamView& view = report.view();
  const bool is_missing = view.destination != nullptr &&
                          view.destination->is_resolved_at_run_time &&
                          view.target->settings.resolver.first().empty();
  const std::string name =
      view.address() == nullptr ? unresolved_name(report.symptom().message) : view.address()->host;
  if (!is_missing) {
    report.conclude("upstream_name_not_resolved", 0.9);
    report.note("peer", upstream_text("name.no_address",
                                      {{"name", name}, {"problem", report.now().problem}}));
    return true;
  }
  report.conclude("resolver_missing", 0.97);
  report.note(
      "configuration",
      upstream_text("name.no_resolver", {{"name", name}, {"directive", view.target->pass->name}}));
  propose_literal(report);
  const nginx::Directive& root = view.nginx->configuration.root();
  if (const nginx::Directive* const known = resolver_elsewhere(root)) {
    std::vector<std::string> arguments;
    for (std::size_t i = 0; i < known->arguments.size(); ++i)
      arguments.emplace_back(known->argument(i));
    const std::string where = known->file->path + ":" + std::to_string(known->line);
    propose_resolver(report, name, arguments,
                     upstream_text("name.resolver_in_use", {{"place", where}}));
  } else if (!report.upstream().surroundings().is_dump) {
    const auto text = view.files->read("/etc/resolv.conf", kMostTextBytes);
    const std::vector<std::string> servers =
        text ? name_servers(text.value()) : std::vector<std::string>{};
    if (!servers.empty()) {
      propose_resolver(report, name, servers, upstream_text("name.resolver_of_host"));
    }
  }
  return true;
}

}  // namespace handshaked::diagnose
