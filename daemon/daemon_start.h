#pragma once

#include <string>

namespace handshaked {

struct DaemonOptions {
  std::string config_file;            ///< empty: the default one, if it exists
  std::string rules_directory;        ///< where the rules are when the configuration does not say
  bool rules_were_asked_for = false;  ///< `rules_directory` was given on the command line and wins
  bool from_start = false;            ///< read also what the logs hold already
};

/// The daemon: builds the stages, joins them, runs until a signal ends it. Returns the exit status of the process.
int run_daemon(const DaemonOptions& options);

}  // namespace handshaked
