// What signals and operators ask of the running daemon.

#include <unistd.h>

#include <boost/asio/post.hpp>

#include <csignal>
#include <set>
#include <string>
#include <utility>

#include "config/config.h"
#include "config/config_file.h"
#include "config/host_name.h"
#include "config/reload.h"
#include "daemon.h"
#include "runtime/delivery/restored_state.h"
#include "runtime/service/service_notify.h"
#include "runtime/service/stage_options.h"
#include "telemetry/log.h"

namespace handshaked {

namespace asio = boost::asio;
using telemetry::log_error;
using telemetry::log_info;
using telemetry::log_warning;
namespace message_id = telemetry::message_id;

// ---- signals
// ------------------------------------------------------------------------------------------------------------

void Daemon::wait_for_signals() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      if (!stopping_) reload();
    } else if (stopping_) {
      log_warning("second signal: ending at once");
      _exit(1);
    } else {
      log_info("stopping");
      stop();
    }
    wait_for_signals();
  });
}

void Daemon::reload() {
  if (is_reloading_) {
    reloads_again_ = true;  // what has changed meanwhile is read afterwards
    return;
  }
  is_reloading_ = true;
  runtime::notify_reloading();
  network_.reload_credentials();
  reload_rules();
  reload_configuration();
}

void Daemon::finish_reload() {
  runtime::notify_ready(what_it_follows());
  is_reloading_ = false;
  if (std::exchange(reloads_again_, false)) reload();
}

void Daemon::reload_rules() {
  runtime::LoadedRuleBase loaded = runtime::load_rule_base(find_rules_());
  for (const std::string& problem : loaded.problems) log_error(problem, {.is_record = true});
  counters_.is_last_reload_good = loaded.base != nullptr;
  if (!loaded.base) {
    log_error("the rules were not reloaded: the " + std::to_string(base_->rules->rules().size()) +
                  " rules from before stay in force",
              {.id = message_id::reload_refused});
    return;
  }
  base_ = std::move(loaded.base);
  counters_.rules.use_rules(base_->rules);
  counters_.rules_loaded_at = wall_clock_now();
  sources_.use_rules(base_->rules);
  network_.use_rules(base_->rules);
  diagnosis_->use_rules(base_);
  calendar_->use_rules(base_);
  log_info("reloaded " + std::to_string(base_->rules->rules().size()) + " rules");
}

void Daemon::reload_configuration() {
  config::LoadedConfig loaded = config::load_config(config_file_.path, config_file_.must_exist);
  for (const config::ConfigProblem& problem : loaded.problems)
    log_error(problem.message(), {.is_record = true});
  if (worker_ != nullptr && loaded.problems.empty() && !loaded.config.group.name.empty())
    config::become_partition(loaded.config, worker_->partition());
  const auto used =
      loaded.problems.empty() ? deliveries_.use(loaded.config.receivers) : Result<>(success());
  if (!used) log_error(used.error().message());
  if (!used || !loaded.problems.empty()) {
    log_error("the configuration was not reloaded: that from before stays in force",
              {.id = message_id::reload_refused});
    return finish_reload();
  }
  std::set<std::string> coming;
  for (const config::Receiver& receiver : loaded.config.receivers) coming.insert(receiver.name);
  for (const config::Receiver& receiver : config_.receivers) coming.erase(receiver.name);
  if (coming.empty()) return use_configuration(std::move(loaded.config), {});
  // What they were told before stands in the database, which may take its time.
  const auto config = std::make_shared<config::Config>(std::move(loaded.config));
  runtime::find_told_before(store_, std::move(coming), wall_clock_now(),
                            [this, config](const runtime::ToldBefore& before) {
                              const auto told = std::make_shared<runtime::ToldBefore>(before);
                              asio::post(loop_, [this, config, told] {
                                if (!stopping_) use_configuration(std::move(*config), *told);
                              });
                            });
}

void Daemon::use_configuration(config::Config config, const runtime::ToldBefore& before) {
  const Time now = wall_clock_now();
  for (const std::string& change : config::changes_for_restart(config_, config))
    log_warning(change + " has changed: it takes effect after a restart");
  config_.receivers = std::move(config.receivers);
  config_.routing = std::move(config.routing);
  config_.group_wait = config.group_wait;
  config_.log_level = config.log_level;
  telemetry::set_log_level(telemetry::level_named(config_.log_level));
  incident_commit_.use_receivers(config_.receivers);
  diagnosis_->use_group_wait(config_.group_wait);
  dispatcher_.use_routes(config::make_router(config_), config_.routing.maintenance,
                         correlator_.incidents(), before.told, now);
  for (const correlate::Incident& incident : before.ended) dispatcher_.observe(incident, now);
  advance();
  log_info("reloaded the configuration: " + std::to_string(config_.receivers.size()) +
           " receivers, " + std::to_string(config_.routing.routes.size()) + " routes");
  finish_reload();
}

// ---- operators
// ----------------------------------------------------------------------------------------------------------

void Daemon::listen_to_operators() {
  if (config_.control.socket.empty()) return;
  operators_.emplace(
      correlator_, dispatcher_, store_,
      runtime::OperatorRequests::Daemon{
          .incidents_changed = [this] { advance(); },
          .deliveries_changed = [this] { deliveries_.notify(); },
          .try_receiver =
              [this](const std::string& receiver) { return deliveries_.try_now(receiver); },
          .ask_figures = [this](auto reply) { signs_.ask(std::move(reply)); },
          .ask_page = [this](const runtime::IncidentQuery& query,
                             auto reply) { page_api_->list(query, std::move(reply)); },
          .rules = [this]() -> const runtime::RuleBase& { return *base_; },
          .on_loop = [this](std::function<void()> work) { asio::post(loop_, std::move(work)); },
          .host = config::host_name(config_),
          .command_options = config_file_.command_options()});
  control::ControlServerOptions options;
  options.socket = config_.control.socket;
  options.group = config_.control.group;
  control_.emplace(loop_.get_executor(), std::move(options),
                   [this](control::ControlRequest request, control::ControlServer::Reply reply) {
                     operators_->take(std::move(request), std::move(reply));
                   });
  if (const auto started = control_->start(); !started)
    log_warning("no control socket: " + started.error().message());
}

Result<> Daemon::open_web() {
  page_api_.emplace(runtime::PageApi::Parts{
      .correlator = correlator_,
      .dispatcher = dispatcher_,
      .store = store_,
      .rules = [this]() -> const runtime::RuleBase& { return *base_; },
      .command_options = config_file_.command_options(),
      .reloads = [this] { return nginx_ ? nginx_->loads() : std::vector<Time>(); },
      .ends = [this] { return calendar_->entries(); },
      .ask_figures = [this](auto reply) { signs_.ask(std::move(reply)); },
      .on_loop = [this](std::function<void()> work) { asio::post(loop_, std::move(work)); }});
  web_.emplace(
      loop_.get_executor(), config_.web, config_.control.group, config::host_name(config_),
      config_.language,
      web::Site::Daemon{.ask_figures = [this](auto reply) { signs_.ask(std::move(reply)); },
                        .ask_api =
                            [this](const net::HttpRequest& request, Language language, auto reply) {
                              page_api_->answer(request, language, std::move(reply));
                            }});
  return web_->open();
}

runtime::DaemonStatus::Parts Daemon::parts() {
  return {
      .correlator = correlator_,
      .dispatcher = dispatcher_,
      .store = store_,
      .deliveries = deliveries_,
      .sources = sources_,
      .network = network_,
      .counters = counters_,
      .rules = [this]() -> const runtime::RuleBase& { return *base_; },
      .queues = [this] { return queues(); },
      .group =
          [this] { return worker_ != nullptr ? worker_->figures() : telemetry::GroupMetrics(); },
      .host = config::host_name(config_)};
}

std::vector<telemetry::QueueMetrics> Daemon::queues() const {
  return {{.name = "logs", .depth = batches_.size(), .capacity = batches_.capacity()},
          {.name = "network",
           .depth = network_batches_.size(),
           .capacity = network_batches_.capacity()}};
}

}  // namespace handshaked
