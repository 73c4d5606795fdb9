#pragma once

#include <string>
#include <vector>

#include "cli/host/diagnosis_run.h"
#include "cli/operator/daemon_question.h"

namespace handshaked::cli {

/// An incident that somebody names by the id that an alert, a list or a log analysis showed, and
/// where it was found: the running daemon is asked first (it also knows what was rotated away),
/// then the logs, then what was rotated and compressed of them. Found once, it is diagnosed anew
/// from the same place.
class NamedIncident {
 public:
  /// `logs`: those to look in, and then the daemon is not asked; empty: those that nginx's
  /// configuration names.
  NamedIncident(std::string name, std::vector<std::string> logs, DaemonAddress daemon);

  /// One incident; none, or several: complain() says what to do. `order` says how far it may go.
  DiagnosisReport diagnose(DiagnosisOrder order, const KnowledgeBase& base,
                           const parse::TimeZone& zone, const diagnose::NginxAtHand& nginx);

  /// On stderr: why a report has not the one incident that was meant.
  void complain(const DiagnosisReport& report) const;

 private:
  bool ask_daemon();
  void find_logs(const diagnose::NginxAtHand& nginx);
  DiagnosisReport look_in_logs(DiagnosisOrder order, const KnowledgeBase& base,
                               const parse::TimeZone& zone, const diagnose::NginxAtHand& nginx);

  std::string name_;
  std::vector<std::string> logs_;
  DaemonAddress daemon_;
  std::string refusal_;                  ///< of the daemon: several, or of another host
  std::string no_answer_;                ///< why the daemon could not be asked
  std::optional<DaemonIncident> known_;  ///< found there
  std::vector<std::string> found_in_;    ///< or in these logs
};

/// The logs that nginx's configuration names and that are there.
std::vector<std::string> logs_of(const diagnose::NginxAtHand& nginx);

}  // namespace handshaked::cli
