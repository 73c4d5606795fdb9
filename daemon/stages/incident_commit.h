#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "correlate/correlator.h"
#include "stages/rule_base.h"
#include "store/commit.h"

namespace handshaked::stages {

/// Turns what the correlator has decided into one commit: the rows of incidents, and an event for each receiver.
class IncidentCommit {
 public:
  IncidentCommit(std::string host, std::vector<config::Receiver> receivers) : host_(std::move(host)), receivers_(std::move(receivers)) {}

  /// Adds to `commit`. Returns whether it should be written at once: somebody waits for what it tells.
  bool add(const std::vector<correlate::IncidentChange>& changes, const RuleBase& base, Time now, store::Commit& commit) const;

 private:
  void add_deliveries(const correlate::IncidentChange& change, const RuleBase& base, Time now, store::Commit& commit) const;

  std::string host_;
  std::vector<config::Receiver> receivers_;
};

}  // namespace handshaked::stages
