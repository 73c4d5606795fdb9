#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/operator/daemon_question.h"
#include "diagnose/case/surroundings.h"
#include "diagnose/certificates/ca_store.h"
#include "diagnose/host/nginx_at_hand.h"
#include "diagnose/probe/prober.h"

namespace handshaked::cli {

/// What an operator named, else what the daemon's configuration names.
diagnose::NginxPlace nginx_place(const diagnose::NginxPlace& named,
                                 const DiagnosisSettings& settings);

/// What a look at this host's nginx needs, held together: policy, prober, and what may be looked
/// at, private keys among it. Borrows the NginxAtHand and the CaStore. Not moved: its parts point
/// to each other.
class NginxSurroundings {
 public:
  /// `allow`: peers that the operator names, beside those of the configuration. Fails where the
  /// child that looks cannot be confined.
  static Result<std::unique_ptr<NginxSurroundings>> create(
      const diagnose::NginxAtHand& nginx, const diagnose::CaStore& ca_store,
      const std::vector<std::string>& allow, bool may_probe,
      std::chrono::steady_clock::time_point deadline);
  /// The same with a prober and a budget of its own: for another thread. Borrows what this one
  /// does.
  std::unique_ptr<NginxSurroundings> another() const;
  NginxSurroundings(const NginxSurroundings&) = delete;
  NginxSurroundings& operator=(const NginxSurroundings&) = delete;

  const diagnose::Surroundings& surroundings() const { return surroundings_; }
  diagnose::Prober& prober() { return prober_; }
  /// Every probe that was made, one line each.
  const std::vector<std::string>& probes() const { return probes_; }

 private:
  NginxSurroundings(diagnose::ProbePolicy policy, const diagnose::NginxAtHand& nginx,
                    const diagnose::CaStore& ca_store, bool may_probe,
                    std::chrono::steady_clock::time_point deadline);

  const diagnose::NginxAtHand& nginx_;
  const diagnose::CaStore& ca_store_;
  std::vector<std::string> probes_;
  diagnose::ProbePolicy policy_;
  diagnose::Prober prober_;
  diagnose::Surroundings surroundings_;
};

}  // namespace handshaked::cli
