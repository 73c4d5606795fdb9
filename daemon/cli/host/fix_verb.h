#pragma once

#include <string>
#include <vector>

#include "base/language.h"
#include "cli/operator/daemon_question.h"
#include "diagnose/host/nginx_at_hand.h"

namespace handshaked::cli {

struct FixVerbOptions {
  enum class Action : std::uint8_t { show, try_it, apply, undo } action = Action::show;
  std::string incident;  ///< (of undo: empty for the last apply) id, fingerprint, or id of an
                         ///< event, or how one of them begins
  std::string fix;       ///< its id or rank; empty: the first one that a patch can make
  std::vector<std::string> logs;  ///< empty: the running daemon is asked, then the error logs that
                                  ///< nginx's configuration names
  DaemonAddress daemon;
  diagnose::NginxPlace nginx;
  std::vector<std::string> ca_stores;
  bool no_probe = false;
  bool allow_unsafe = false;
  std::string backup_directory;  ///< empty: /var/backups/handshaked
  long reload_seconds = 20;      ///< how long nginx may take to work with a configuration
  std::string rules_directory;
  std::string time_zone = "local";
  Language language = Language::en;
  bool json = false;
};

/// `handshaked fix`: shows the patch of an incident's fix, tries it on a copy, or applies it. The
/// incident is diagnosed anew, so that a fix is never older than the configuration. `undo` puts
/// back what the last apply changed. 0: shown, accepted, applied, applied already, put back; 1:
/// refused or rolled back; 2: no such incident or fix; 70: the host cannot be looked at, or putting
/// back failed.
int run_fix(const FixVerbOptions& options);

}  // namespace handshaked::cli
