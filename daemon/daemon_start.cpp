// From the command line to a running daemon, or to a reason why not.

#include <string>
#include <thread>
#include <utility>

#include "config/config_file.h"
#include "daemon.h"
#include "daemon_start.h"
#include "runtime/service/free_memory.h"
#include "runtime/service/restart_backoff.h"
#include "runtime/service/service_notify.h"
#include "telemetry/log.h"

namespace handshaked {
namespace {

using telemetry::log_error;
using telemetry::log_warning;

constexpr int kExitConfiguration = 78;
constexpr int kExitInternal = 70;

/// After a row of bad ends. Signals still end the process as they end any.
void rest_before_start() {
  const auto wait = runtime::restart_backoff().count_start(runtime::seconds_since_boot());
  if (wait.count() == 0) return;
  const std::string why = "the last starts ended badly; waiting " + std::to_string(wait.count()) + " s";
  log_warning(why);
  runtime::notify_status(why);
  std::this_thread::sleep_for(wait);
}

}  // namespace

int run_daemon(const DaemonOptions& options) {
  runtime::keep_memory_together();
  const bool is_named = !options.config_file.empty();
  ConfigFile file{.path = is_named ? options.config_file : std::string(config::kDefaultFile), .must_exist = is_named};
  config::LoadedConfig loaded = config::load_config(file.path, file.must_exist);
  const bool rules_configured = !loaded.config.rules_directory.empty() && !options.rules_were_asked_for;
  const std::string rules_directory = rules_configured ? loaded.config.rules_directory : options.rules_directory;
  if (rules_directory.empty()) {
    log_error("no rules were found: give --rules DIRECTORY, or directory in [rules] of the configuration");
    return kExitConfiguration;
  }
  runtime::LoadedRuleBase rules = runtime::load_rule_base(rules_directory);
  for (const config::ConfigProblem& problem : loaded.problems) log_error(problem.message());
  for (const std::string& problem : rules.problems) log_error(problem);
  if (!loaded.problems.empty() || !rules.base) return kExitConfiguration;
  telemetry::set_log_level(telemetry::level_named(loaded.config.log_level));
  rest_before_start();

  auto database = store::Database::open(loaded.config.database);
  if (!database) {
    log_error(database.error().message());
    return kExitInternal;
  }
  if (const auto& replacement = database.value().replacement()) {
    log_error(
        "the database was damaged (" + replacement->reason + ") and is now " + replacement->moved_to.string() + "; a new one was begun",
        {.id = telemetry::message_id::database_replaced});
  }

  Daemon daemon(std::move(loaded.config), std::move(file), rules_directory, std::move(rules.base), std::move(database).value());
  if (!daemon.prepare(options.from_start)) return kExitConfiguration;
  daemon.run();
  return 0;
}

}  // namespace handshaked
