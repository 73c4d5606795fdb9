#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/language.h"
#include "cli/document/document.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/operator/daemon_question.h"
#include "correlate/incident.h"
#include "diagnose/diagnosis.h"
#include "diagnose/host/nginx_at_hand.h"
#include "diagnose/symptom.h"
#include "parse/time_zone.h"

namespace handshaked::cli {

/// What is to be diagnosed, and how far that may go.
struct DiagnosisOrder {
  std::vector<std::string> logs;
  std::optional<DaemonIncident>
      known;         ///< one that the running daemon has told of, instead of logs
  std::string peer;  ///< --peer HOST:PORT
  bool all = false;  ///< every upstream of the configuration
  std::string
      only;  ///< of the logs' incidents the one whose id or fingerprint begins so; empty: all
  std::vector<std::string> ca_stores;  ///< empty: the system's bundle
  std::vector<std::string>
      allow;  ///< peers that may be probed beside those of nginx's configuration
  bool may_probe = true;
  std::chrono::steady_clock::time_point deadline{};
};

struct DiagnosedIncident {
  correlate::Incident incident;
  diagnose::Symptom symptom;
  diagnose::Diagnosis diagnosis;
  const match::Rule* rule = nullptr;  ///< nullptr: no rule knows what nginx would log
};

struct DiagnosisReport {
  std::optional<Error> why_not;  ///< nothing was looked at: the rest is empty, and says nothing
  std::vector<DiagnosedIncident> incidents;  ///< by severity, then first seen
  std::vector<std::string> remarks;          ///< what could not be looked at, for people
  std::vector<std::string> unreadable;       ///< logs that were named and could not be read
  std::vector<std::string> probes;           ///< every probe that was made, one line each
  std::size_t healthy = 0;                   ///< upstreams that were looked at and work
};

/// Reads the logs, correlates, and diagnoses every incident; then the peers that were asked for.
/// Blocks until the deadline at most.
DiagnosisReport run_diagnosis(const DiagnosisOrder& order, const KnowledgeBase& base,
                              const parse::TimeZone& zone, const diagnose::NginxAtHand& nginx);

/// For people: every incident with its cause, how that is known, the fixes with their proof and
/// patch, and what not to try.
void write_diagnosis_report(Document& page, const DiagnosisReport& report, Language language);

}  // namespace handshaked::cli
