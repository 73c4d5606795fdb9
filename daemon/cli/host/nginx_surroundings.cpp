#include "cli/host/nginx_surroundings.h"

#include "diagnose/probe/child/child_process.h"

namespace handshaked::cli {
namespace {

constexpr std::size_t kMostProbes = 512;

}  // namespace

diagnose::NginxPlace nginx_place(const diagnose::NginxPlace& named,
                                 const DiagnosisSettings& settings) {
  if (!named.configuration.empty() || !named.dump.empty() || settings.nginx_configuration.empty())
    return named;
  return {.configuration = settings.nginx_configuration,
          .prefix = named.prefix.empty() ? settings.nginx_prefix : named.prefix,
          .dump = {}};
}

Result<std::unique_ptr<NginxSurroundings>> NginxSurroundings::create(
    const diagnose::NginxAtHand& nginx, const diagnose::CaStore& ca_store,
    const std::vector<std::string>& allow, bool may_probe,
    std::chrono::steady_clock::time_point deadline) {
  // What cannot be looked at must not look sound.
  TRY(diagnose::ChildProcess::check(deadline));
  std::vector<diagnose::NamedPeer> peers;
  if (nginx.read) peers = diagnose::configured_peers(nginx.read->passes, nginx.read->listeners);
  TRY(auto policy, diagnose::ProbePolicy::create(std::move(peers), allow));
  return std::unique_ptr<NginxSurroundings>(
      new NginxSurroundings(std::move(policy), nginx, ca_store, may_probe, deadline));
}

NginxSurroundings::NginxSurroundings(diagnose::ProbePolicy policy,
                                     const diagnose::NginxAtHand& nginx,
                                     const diagnose::CaStore& ca_store, bool may_probe,
                                     std::chrono::steady_clock::time_point deadline)
    : nginx_(nginx),
      ca_store_(ca_store),
      policy_(std::move(policy)),
      prober_(policy_, {.scope = may_probe ? diagnose::ProbeScope::all : diagnose::ProbeScope::none,
                        .deadline = deadline,
                        .most_probes = kMostProbes,
                        .on_probe = [this](const std::string& probe) { probes_.push_back(probe); },
                        .resolve = {}}),
      surroundings_(diagnose::surroundings_of(nginx, ca_store, prober_, true)) {}

std::unique_ptr<NginxSurroundings> NginxSurroundings::another() const {
  return std::unique_ptr<NginxSurroundings>(
      new NginxSurroundings(policy_, nginx_, ca_store_,
                            prober_.scope() == diagnose::ProbeScope::all, prober_.deadline()));
}

}  // namespace handshaked::cli
