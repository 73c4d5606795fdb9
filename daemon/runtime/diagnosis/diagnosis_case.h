#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "correlate/incident.h"
#include "diagnose/diagnosis.h"
#include "diagnose/symptom.h"
#include "match/rule_set.h"
#include "runtime/diagnosis/nginx_view.h"

namespace handshaked::runtime {

/// What a look at the peers of a place gave.
struct PeerLook {
  std::shared_ptr<const NginxState> nginx = nullptr;  ///< by which it was made
  std::optional<correlate::ProbeRound> round =
      {};  ///< nothing: nobody could look, or what passes is not what nginx works with
  std::string verdict = {};   ///< what nginx would log
  bool passes = false;        ///< with the files as they are on disk
  bool is_unsettled = false;  ///< nginx was being changed
};

/// What the scheduler of diagnoses knows of one incident. The loop thread's.
struct DiagnosisCase {
  using SteadyTime = std::chrono::steady_clock::time_point;
  /// What nginx has logged of it last, when that says something else than the symptom.
  struct NewestLine {
    std::string line;  ///< empty: nothing else
    Time at{};
    std::uint64_t count = 0;
  };

  /// The place stays, and what fails there may be another name, certificate or peer by now: the
  /// newest line says it.
  void read_newest_line(std::shared_ptr<const match::RuleSet> rules);
  /// What was told of this fault does not fit what was seen now: it is judged by another nginx, it
  /// was said to be over and fails, or it fails in another way.
  bool is_contradicted_by(const PeerLook& look) const;
  /// `is_well`: the last look, or diagnosis, found nothing wrong.
  std::chrono::milliseconds until_next_probe(bool is_well) const;

  std::string rule_id, server;
  std::shared_ptr<const diagnose::Symptom> symptom;
  NewestLine newest = {};
  std::shared_ptr<const diagnose::Diagnosis> diagnosis;  ///< nullptr until it is there
  std::uint64_t number = 0;  ///< an answer for an earlier life of the incident is not for this one
  std::chrono::milliseconds interval{};
  SteadyTime next_probe{};
  bool is_busy = false;
  bool is_of_before = false;  ///< diagnosed before a restart, and not yet again
  bool has_answer = false;
  std::shared_ptr<const NginxState> nginx;      ///< by which it was judged last
  std::shared_ptr<const NginxState> diagnosed;  ///< by which it was diagnosed; nullptr: it was not
  std::string verdict;  ///< of the last round that failed: what nginx would log
  std::optional<SteadyTime> next_diagnosis;  ///< what was told may not be true (any more)
  int contradictions = 0;                    ///< by probes under the same nginx
  int unsettled = 0;                         ///< diagnoses in a row while nginx was changed
  std::shared_ptr<const diagnose::Diagnosis> proposed =
      nullptr;                        ///< the last one that had something to be done
  std::string counted_fix = {};       ///< whose outcome is known: one reload can look like several
  bool is_configuration_new = false;  ///< since it was last probed
};

}  // namespace handshaked::runtime
