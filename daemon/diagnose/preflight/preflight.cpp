#include "diagnose/preflight/preflight.h"

#include <algorithm>
#include <tuple>

#include "diagnose/certificates/configured_pem.h"
#include "diagnose/preflight/forecast_parts.h"

namespace handshaked::diagnose {
namespace {

Surroundings world_of(const ReadConfiguration& nginx, const nginx::ConfigurationFiles& files,
                      const PreflightHost& host, const PreflightMeans& means, Prober& prober) {
  Surroundings world;
  world.nginx = &nginx;
  world.files = &files;
  world.installation = means.installation;
  world.ca_store = &means.ca_store;
  world.prober = &prober;
  world.may_read_keys = means.may_read_keys && !host.is_dump;
  world.is_dump = host.is_dump;
  world.now = means.now;
  world.deadline = means.deadline;
  return world;
}

/// What nginx refuses in the new configuration, and not in the old one.
void add_new_problems(const PreflightHost& host, PreflightReport& report) {
  const auto& old = host.before->configuration.problems();
  for (const nginx::ConfigurationProblem& problem : host.after->configuration.problems()) {
    const bool is_old = std::any_of(
        old.begin(), old.end(),
        [&](const nginx::ConfigurationProblem& one) { return one.reason == problem.reason; });
    const bool is_missing_file = problem.reason.find("No such file") != std::string::npos ||
                                 problem.reason.find("under no --root") != std::string::npos ||
                                 problem.reason.find("cannot be read here") != std::string::npos;
    const std::string text = (host.name.empty() ? "" : host.name + ": ") + problem.message();
    if (is_missing_file) report.missing_files.push_back(text);
    else if (!is_old || host.before == host.after) report.remarks.push_back(text);
  }
}

/// What the planned files push out is still at hand: an old CA is the first thing to put back.
CaStore with_old_trust(const PreflightHost& host, const CaStore& store) {
  CaStore known = store;
  for (const std::string& path : host.planned) {
    const auto bundle = read_configured_pem(*host.before_files, path);
    if (!bundle) continue;
    for (const BundledCertificate& one : bundle.value().certificates) {
      if (one.certificate.facts().is_ca) known.add(one.certificate, path + " as it is today");
    }
  }
  return known;
}

}  // namespace

void look_ahead(const PreflightHost& host, const PreflightMeans& means, Prober& today,
                const ProbePolicy& policy, SharedMaterial& shared, PreflightReport& report) {
  KnownAnswers answers(means.change.chains, &today, &host.new_keys);
  const CaStore known = with_old_trust(host, means.ca_store);
  Prober then(policy,
              {.scope = today.scope(),
               .deadline = means.deadline,
               .most_probes = 64,  // hardly any: the prober of today asks, once for both
               .on_probe = {},
               .resolve = means.resolve,
               .known_answer = [&answers](const AllowedPeer& peer, const ProbeRequest& request) {
                 return answers.answer(peer, request);
               }});
  Worlds worlds{host, means, world_of(*host.before, *host.before_files, host, means, today),
                world_of(*host.after, *host.after_files, host, means, then)};
  if (means.change.at) worlds.after.now = *means.change.at;
  if (means.change.nginx.is_known()) worlds.after.installation.version = means.change.nginx;
  if (!means.change.openssl.empty())
    worlds.after.installation.openssl_running = "OpenSSL " + means.change.openssl;
  worlds.after.security_level = means.change.security_level;
  worlds.before.ca_store = worlds.after.ca_store = &known;
  worlds.before.shared = worlds.after.shared = &shared;
  add_new_problems(host, report);
  forecast_upstreams(worlds, report);
  forecast_listeners(worlds, report);
  ++report.configurations;
}

void sort_places(PreflightReport& report) {
  std::stable_sort(
      report.places.begin(), report.places.end(), [](const Forecast& left, const Forecast& right) {
        const auto key = [](const Forecast& one) {
          return std::tuple(-static_cast<int>(one.outlook), one.at.value_or(Time{}),
                            std::string_view(one.host), std::string_view(one.file), one.line);
        };
        return key(left) < key(right);
      });
  std::sort(report.missing_files.begin(), report.missing_files.end());
  report.missing_files.erase(std::unique(report.missing_files.begin(), report.missing_files.end()),
                             report.missing_files.end());
  std::sort(report.remarks.begin(), report.remarks.end());
  report.remarks.erase(std::unique(report.remarks.begin(), report.remarks.end()),
                       report.remarks.end());
}

}  // namespace handshaked::diagnose
