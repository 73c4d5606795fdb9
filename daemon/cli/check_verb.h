#pragma once

#include <functional>
#include <string>

#include "base/language.h"
#include "base/result.h"
#include "config/receiver.h"

namespace handshaked::cli {

struct CheckOptions {
  std::string config_file;      ///< empty: the default one, if it exists
  std::string rules_directory;  ///< empty: what the configuration names, else found by itself
  bool json = false;
};

/// `handshaked check`: every problem of the configuration and of the rules as "file:line: reason", one a line on standard
/// output. Gives the exit code: 0 when there is none, else kExitConfiguration. The unit runs it before start and reload.
/// `check_receiver` tells whether the daemon could start with a receiver: its secrets, its template, its certificates.
int run_check(const CheckOptions& options, const std::function<Result<>(const config::Receiver&)>& check_receiver);

}  // namespace handshaked::cli
