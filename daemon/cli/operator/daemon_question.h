#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "control/control_message.h"

namespace handshaked::cli {

/// Where the running daemon is: a socket, else the one that a configuration names.
struct DaemonAddress {
  std::string socket;
  std::string config_file;  ///< empty: the default one
};

/// How another command finds it as well: "-c FILE", "--socket PATH"; empty: by itself.
std::string command_options(const DaemonAddress& address);

/// nullopt after a complaint: the configuration cannot be read, or switches the socket off.
std::optional<std::string> find_socket(const DaemonAddress& address);

/// What its configuration says of how to diagnose, for verbs that look for themselves: they come to
/// what the daemon has told.
struct DiagnosisSettings {
  std::vector<std::string> allow, ca_stores;
  std::string nginx_configuration, nginx_prefix;
};
/// The built-in ones after a complaint, when a configuration that was named cannot be read.
DiagnosisSettings diagnosis_settings(const DaemonAddress& address);

/// The daemon's refusal, or why there is no answer, on stderr; a list of what was meant on lines of
/// its own.
void complain_about_answer(const std::string& message);

/// An incident as the running daemon, or its database, knows it.
struct DaemonIncident {
  std::string id, status, rule;
  std::string
      daemon_host;  ///< whose configuration is the daemon's; empty: an older daemon did not say
  std::vector<std::string> hosts;         ///< whose lines they are
  std::vector<std::string> sample_lines;  ///< without query strings
  Time opened_at{}, last_seen_at{};
  std::uint64_t count = 0;

  /// The configuration here is that of the lines.
  bool is_of_this_host() const;
};

/// Asks the daemon. nullopt: it knows no such incident. Fails with not_found, permission_denied, …
/// when it cannot be asked, and with invalid_input when the name can be several incidents: the
/// message lists them.
Result<std::optional<DaemonIncident>> ask_for_incident(const std::string& name,
                                                       const std::string& socket);

}  // namespace handshaked::cli
