#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "diagnose/case/surroundings.h"
#include "diagnose/preflight/forecast.h"
#include "diagnose/preflight/planned_change.h"
#include "diagnose/preflight/planned_files.h"
#include "diagnose/probe/prober.h"
#include "match/knowledge.h"
#include "match/rule_set.h"

namespace handshaked::diagnose {

/// One configuration before and after, with the files of each. What is the same stands in both.
struct PreflightHost {
  std::string name;  ///< of the dump; empty: the configuration at hand
  std::shared_ptr<const ReadConfiguration> before,
      after;  ///< the same where nothing of them changes
  std::shared_ptr<const nginx::ConfigurationFiles> before_files;
  std::shared_ptr<const PlannedFiles>
      after_files;  ///< with the planned files in it; over files that it keeps alive
  std::map<std::string, std::string>
      new_keys;  ///< where planned keys lie now, by the path at which nginx will read them
  std::vector<std::string>
      planned;  ///< what of the change's files this configuration reads, by full path
  bool is_dump = false;
};

/// What all hosts of a preflight share. Borrowed.
struct PreflightMeans {
  const PlannedChange& change;
  const CaStore& ca_store;  ///< with what the change brings along
  const match::Knowledge& knowledge;
  std::shared_ptr<const match::RuleSet> rules;
  nginx::Installation installation;  ///< of the nginx in use
  ResolveName resolve;               ///< how names are looked up
  bool may_read_keys = false;
  Time now{};
  std::chrono::steady_clock::time_point deadline{};
};

/// Looks ahead at one configuration: places towards upstreams and listeners, before and after the
/// change. `today` answers for peers as they are now; `shared` may serve one host after the other.
/// `report` gets the places, counts and remarks. Blocks until the deadline at most; one thread.
void look_ahead(const PreflightHost& host, const PreflightMeans& means, Prober& today,
                const ProbePolicy& policy, SharedMaterial& shared, PreflightReport& report);

/// The worst first, then by host, file and line.
void sort_places(PreflightReport& report);

}  // namespace handshaked::diagnose
