#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>

#include "base/host_tls.h"
#include "base/text/visible_text.h"
#include "cli/command_line/command_line.h"
#include "cli/command_line/exit_code.h"
#include "cli/knowledge/rules_location.h"
#include "daemon_start.h"
#include "diagnose/host/trusted_path.h"
#include "diagnose/probe/child/child_starter.h"
#include "runtime/delivery/receivers.h"
#include "runtime/group/group_access.h"
#include "runtime/group/group_setup.h"
#include "runtime/network/engine_connections.h"
#include "runtime/network/listener_check.h"

namespace {

using namespace handshaked;

int run_verb(const cli::RunOptions& options) {
  return run_daemon(
      {.config_file = options.config_file,
       .find_rules = [asked_for = options.rules_directory] { return cli::find_rules(asked_for); },
       .rules_were_asked_for = !options.rules_directory.empty(),
       .from_start = options.from_start});
}
int run_verb(const cli::ScanOptions& options) { return cli::run_scan(options); }
int run_verb(const cli::MatchOptions& options) { return cli::run_match(options); }
int run_verb(const cli::ExplainOptions& options) { return cli::run_explain(options); }
int run_verb(const cli::CheckOptions& options) {
  return cli::run_check(options, {.receiver = runtime::check_receiver,
                                  .listeners = runtime::listener_problems,
                                  .engines = runtime::engine_problems});
}
int run_verb(const cli::ReceiversOptions& options) {
  return cli::run_receivers(options, runtime::make_trial_notifier);
}
int run_verb(const cli::GroupOptions& options) {
  return cli::run_group(options, {.set_up = runtime::set_up_group,
                                  .unread_lines = runtime::unread_lines,
                                  .group_json = runtime::group_now});
}
int run_verb(const cli::DiagnoseOptions& options) { return cli::run_diagnose(options); }
int run_verb(const cli::FixVerbOptions& options) { return cli::run_fix(options); }
int run_verb(const cli::DoctorOptions& options) { return cli::run_doctor(options); }
int run_verb(const cli::PreflightOptions& options) { return cli::run_preflight(options); }
int run_verb(const cli::RulesOptions& options) { return cli::run_rules(options); }
int run_verb(const cli::OperatorOptions& options) { return cli::run_operator(options); }
int run_verb(const cli::CompletionOptions& options) { return cli::run_completion(options); }

/// OpenSSL executes what these name: as root only what nobody else can have written. Says which one
/// is refused.
bool is_openssl_trusted() {
  if (::geteuid() != 0) return true;
  for (const char* const name : {"OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const auto opened = diagnose::open_trusted(std::filesystem::absolute(value).string());
    if (opened || opened.error().code() != ErrorCode::permission_denied) continue;
    std::fprintf(stderr, "handshaked: root does not use %s: %s\n", name,
                 visible_text(opened.error().message()).c_str());
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  // Where the children that take apart what peers send come from: before anything else is read or
  // opened.
  if (diagnose::is_child_starter(argc, argv)) {
    obey_host_openssl_configuration();
    return diagnose::run_child_starter();
  }
  if (!is_openssl_trusted()) return cli::kExitUsage;
  obey_host_openssl_configuration();
  // A reader that went away is seen as EPIPE, where it can be handled.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const cli::CommandLine command_line = cli::read_command_line(argc, argv);
    if (!command_line.command) return command_line.exit_code;
    return std::visit([](const auto& options) { return run_verb(options); }, *command_line.command);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "handshaked: internal error: %s\n", error.what());
    return cli::kExitInternal;
  }
}
