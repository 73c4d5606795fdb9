#pragma once

#include "diagnose/preflight/known_answers.h"
#include "diagnose/preflight/preflight.h"
#include "diagnose/upstream/upstream_case.h"

namespace handshaked::diagnose {

/// One host's two worlds: what nginx does today, and what it will do. Borrows everything.
struct Worlds {
  const PreflightHost& host;
  const PreflightMeans& means;
  Surroundings before, after;

  const PlannedChange& change() const { return means.change; }
  bool is_late() const { return std::chrono::steady_clock::now() >= means.deadline; }
};

void forecast_upstreams(Worlds& worlds, PreflightReport& report);
void forecast_listeners(Worlds& worlds, PreflightReport& report);

/// What a place gives up between two readings of its settings. Empty when nothing.
std::vector<Text> weakened_upstream(const UpstreamView& before, const UpstreamView& after,
                                    const UpstreamVerdict& was, const UpstreamVerdict& will);

/// The dates until `until` at which the verdict on a chain that passes changes, oldest first, with
/// what OpenSSL says then.
struct DatedVerdict {
  Time at{};
  ReplayResult result;
};
std::vector<DatedVerdict> verdicts_until(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                                         const nginx::ConfigurationFiles& files, Time until);

/// What every diagnosis ends with: proofs of another library withdrawn, unsafe fixes marked, all
/// ranked.
Diagnosis finished(Diagnosis diagnosis, const Surroundings& world);

/// The fixes of a diagnosis as preventions, in the order in which to roll them out. `works_today`:
/// the place as a patch makes it, tried in today's world; nothing when that cannot be told.
using WorksToday = std::function<std::optional<bool>(const Fix&)>;
std::vector<Prevention> preventions_of(const Diagnosis& diagnosis, const WorksToday& works_today);

}  // namespace handshaked::diagnose
