#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/language.h"

namespace handshaked::cli {

/// A question or an order for the running daemon: `status`, `incidents …`, `silence …`, `deliveries
/// …`.
struct OperatorOptions {
  std::string verb;  ///< as daemon/control/README.md lists them: "incidents.list"
  std::map<std::string, std::vector<std::string>> arguments;  ///< of the verb
  std::string socket;       ///< empty: the one that the configuration names
  std::string config_file;  ///< empty: the default one
  bool json = false;
  Language language = Language::en;
};

/// Asks the daemon and shows what it says. Gives the exit code: 0; 1 when what was asked for is not
/// there or refused; 69 when the daemon cannot be reached; 78 when the configuration, which names
/// the socket, cannot be read.
int run_operator(const OperatorOptions& options);

}  // namespace handshaked::cli
