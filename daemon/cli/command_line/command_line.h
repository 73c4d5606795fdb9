#pragma once

#include <optional>
#include <string>
#include <variant>

#include "cli/command_line/completion.h"
#include "cli/config/check_verb.h"
#include "cli/config/group_verb.h"
#include "cli/config/receivers_verb.h"
#include "cli/explain/explain_verb.h"
#include "cli/host/diagnose_verb.h"
#include "cli/host/doctor_verb.h"
#include "cli/host/fix_verb.h"
#include "cli/log/match_verb.h"
#include "cli/log/scan_verb.h"
#include "cli/operator/operator_verbs.h"
#include "cli/preflight/preflight_verb.h"
#include "cli/rules/rules_verb.h"

namespace handshaked::cli {

/// `handshaked run`: the daemon itself, which the pipeline runs.
struct RunOptions {
  std::string config_file;      ///< empty: the default one, if it exists
  std::string rules_directory;  ///< empty: what the configuration names, else found by itself
  bool from_start = false;      ///< also read what the logs hold already
};

/// What the command line asks for: one verb with its options.
using Command =
    std::variant<RunOptions, ScanOptions, MatchOptions, ExplainOptions, CheckOptions,
                 DiagnoseOptions, FixVerbOptions, DoctorOptions, PreflightOptions, ReceiversOptions,
                 RulesOptions, OperatorOptions, CompletionOptions, GroupOptions>;

/// Reads the command line. Help, the version and complaints are printed here; then there is no
/// command and `exit_code` is what the process answers (0 or kExitUsage).
struct CommandLine {
  std::optional<Command> command;
  int exit_code = 0;
};
CommandLine read_command_line(int argc, const char* const* argv);

/// The language of the host's locale (LC_ALL, LC_MESSAGES, LANG): Chinese for zh*, else English.
Language language_of_locale();

}  // namespace handshaked::cli
