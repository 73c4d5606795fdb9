// From the command line to a running daemon, or to a reason why not.

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/signals_held.h"
#include "config/config_file.h"
#include "daemon.h"
#include "daemon_start.h"
#include "runtime/group/group_worker.h"
#include "runtime/service/free_memory.h"
#include "runtime/service/restart_backoff.h"
#include "runtime/service/service_notify.h"
#include "telemetry/log.h"

namespace handshaked {
namespace {

using telemetry::log_error;
using telemetry::log_warning;

// Of sysexits.h. The unit starts us again after all but 78.
constexpr int kExitTemporary = 75;  // what is outside of us, and may pass: a port in use, a
                                    // database that is busy or on a full disk
constexpr int kExitConfiguration =
    78;  // what somebody has to mend: the next start would end in the same way

/// After a row of bad ends. Signals still end the process as they end any.
void rest_before_start() {
  const auto wait = runtime::restart_backoff().count_start(runtime::seconds_since_boot());
  if (wait.count() == 0) return;
  const std::string why =
      "the last starts ended badly; waiting " + std::to_string(wait.count()) + " s";
  log_warning(why);
  runtime::notify_status(why);
  std::this_thread::sleep_for(wait);
}

/// Of a start that failed. Files that the configuration names, and rights that it needs, do not
/// come by themselves.
int exit_status_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::invalid_configuration:
    case ErrorCode::invalid_rule:
    case ErrorCode::invalid_input:
    case ErrorCode::not_found:
    case ErrorCode::permission_denied: return kExitConfiguration;
    default: return kExitTemporary;
  }
}

/// A worker of a group is a daemon while it has a partition: with the database that the others have
/// kept for it, and in the partition's name.
int run_worker(config::Config config, ConfigFile file,
               const std::function<std::string()>& find_rules,
               std::shared_ptr<const runtime::RuleBase> rules) {
  auto made = runtime::GroupWorker::make(config);
  if (!made) {
    log_error(made.error().message());
    return exit_status_of(made.error());
  }
  const std::unique_ptr<runtime::GroupWorker> worker = std::move(made).value();
  std::optional<SignalsHeld> signals(std::in_place);
  auto database = worker->wait_for_partition();
  if (!database) {
    log_error(database.error().message());
    return exit_status_of(database.error());
  }
  if (!database.value()) {
    worker->leave();
    return 0;
  }
  config::become_partition(config, worker->partition());
  int status = 0;
  {
    Daemon daemon(std::move(config), std::move(file), find_rules, std::move(rules),
                  *std::move(database).value(), worker.get());
    const auto prepared = daemon.prepare(false);
    signals.reset();
    if (prepared) daemon.run();
    else log_error(prepared.error().message());
    if (!prepared) status = exit_status_of(prepared.error());
  }
  worker->leave();
  return status;
}

}  // namespace

int run_daemon(const DaemonOptions& options) {
  runtime::keep_memory_together();
  const bool is_named = !options.config_file.empty();
  ConfigFile file{.path = is_named ? options.config_file : std::string(config::kDefaultFile),
                  .must_exist = is_named};
  config::LoadedConfig loaded = config::load_config(file.path, file.must_exist);
  const bool rules_configured =
      !loaded.config.rules_directory.empty() && !options.rules_were_asked_for;
  std::function<std::string()> find_rules = options.find_rules;
  if (rules_configured)
    find_rules = [directory = loaded.config.rules_directory] { return directory; };
  const std::string rules_directory = find_rules();
  if (rules_directory.empty()) {
    log_error(
        "no rules were found: give --rules DIRECTORY, or directory in [rules] of the "
        "configuration");
    return kExitConfiguration;
  }
  runtime::LoadedRuleBase rules = runtime::load_rule_base(rules_directory);
  for (const config::ConfigProblem& problem : loaded.problems) log_error(problem.message());
  for (const std::string& problem : rules.problems) log_error(problem);
  if (!loaded.problems.empty() || !rules.base) return kExitConfiguration;
  telemetry::set_log_level(telemetry::level_named(loaded.config.log_level));
  rest_before_start();

  if (!loaded.config.group.name.empty())
    return run_worker(std::move(loaded.config), std::move(file), find_rules, std::move(rules.base));
  auto database = store::Database::open(loaded.config.database);
  if (!database) {
    log_error(database.error().message());
    const bool is_not_ours = database.error().code() == ErrorCode::invalid_input;
    return is_not_ours ? kExitConfiguration : kExitTemporary;
  }
  if (const auto& replacement = database.value().replacement()) {
    log_error("the database was damaged (" + replacement->reason + ") and is now " +
                  replacement->moved_to.string() + "; a new one was begun",
              {.id = telemetry::message_id::database_replaced});
  }
  Daemon daemon(std::move(loaded.config), std::move(file), find_rules, std::move(rules.base),
                std::move(database).value());
  if (const auto prepared = daemon.prepare(options.from_start); !prepared) {
    log_error(prepared.error().message());
    return exit_status_of(prepared.error());
  }
  daemon.run();
  return 0;
}

}  // namespace handshaked
