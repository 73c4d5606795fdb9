#pragma once

#include <functional>
#include <string>

namespace handshaked {

struct DaemonOptions {
  std::string config_file;                  ///< empty: the default one, if it exists
  std::function<std::string()> find_rules;  ///< where the rules are when the configuration does not
                                            ///< say; asked at start and at reloads
  bool rules_were_asked_for = false;        ///< on the command line, which wins
  bool from_start = false;                  ///< read also what the logs hold already
};

/// The daemon: builds the stages, joins them, runs until a signal ends it. Returns the exit status
/// of the process.
int run_daemon(const DaemonOptions& options);

}  // namespace handshaked
