#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/language.h"
#include "cli/document/document.h"
#include "cli/operator/daemon_question.h"
#include "diagnose/host/nginx_at_hand.h"
#include "match/rule.h"

namespace handshaked::cli {

struct DiagnoseOptions {
  std::string incident;  ///< one incident: the running daemon is asked, then the logs
  DaemonAddress daemon;
  std::vector<std::string> logs;  ///< --log, repeatable; "-" is standard input
  std::string peer;               ///< --peer HOST:PORT
  bool all = false;               ///< --all
  diagnose::NginxPlace nginx;
  std::vector<std::string> ca_stores;  ///< --ca-store, repeatable
  bool no_probe = false;
  std::string rules_directory;
  std::string time_zone = "local";
  Language language = Language::en;
  ReportFormat format = ReportFormat::text;
  std::optional<match::Severity> fail_on;
};

/// `handshaked diagnose`: cause and proved fix for the faults of a log, of a peer, or of every
/// upstream of a configuration. Gives the exit code.
int run_diagnose(const DiagnoseOptions& options);

}  // namespace handshaked::cli
