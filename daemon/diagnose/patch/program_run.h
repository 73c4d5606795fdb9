#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace handshaked::diagnose {

/// How a program ended, and what it printed.
struct ProgramRun {
  int exit_status = 0;  ///< 128 + the number of a signal
  std::string
      output;  ///< standard output and standard error together, in their order; cut at kMaxOutput

  static constexpr std::size_t kMaxOutput = 256 * 1024;
  bool succeeded() const { return exit_status == 0; }
};

/// Runs a program of this host (nginx) in a process group of its own, standard input empty, and
/// waits for it. `arguments` begins with the name that it sees. No shell. The one way in which a
/// program is ever executed: opened once as open_trusted() does, an absolute path, and executed by
/// that descriptor, so that nobody but root and us can choose what runs. Fails when it is not
/// trusted or may not be executed (permission_denied), cannot be started (not_found, io), and with
/// timeout after the group was killed. When we end before it does, however that comes, the program
/// gets SIGTERM. Blocks; any thread.
Result<ProgramRun> run_program(const std::string& path, const std::vector<std::string>& arguments,
                               std::chrono::milliseconds time_limit);

}  // namespace handshaked::diagnose
