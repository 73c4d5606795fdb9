#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/language.h"
#include "base/result.h"
#include "config/config.h"

namespace handshaked::cli {

struct CheckOptions {
  std::string config_file;      ///< empty: the default one, if it exists
  std::string rules_directory;  ///< empty: what the configuration names, else found by itself
  bool is_offline = false;      ///< engines (NATS, Kafka) are not asked
  bool json = false;
};

/// Whether the daemon could start with what a configuration names: secrets, templates,
/// certificates.
struct ConfigurationTrials {
  std::function<Result<>(const config::Receiver&)> receiver;
  std::function<std::vector<std::string>(const config::Config&)>
      listeners;  ///< every reason why not
  std::function<std::vector<std::string>(const config::Config&)>
      engines;  ///< the same of NATS and Kafka, which are asked
};

/// `handshaked check`: every problem of the configuration and of the rules as "file:line: reason",
/// one a line on standard output. Gives the exit code: 0 when there is none, else
/// kExitConfiguration. The unit runs it before start and reload.
int run_check(const CheckOptions& options, const ConfigurationTrials& trials);

}  // namespace handshaked::cli
