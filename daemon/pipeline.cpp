// READ FIRST. The program, from a log line to a delivered event:
//
//   log files -> LogSources --(batches)--> Correlator -> IncidentCommit -> StoreThread -> Delivery -> receivers
//   reader pool: read, match, fold         loop thread                     its thread      loop thread
//
// Edges, and what happens when they are full:
//   readers -> loop    BoundedQueue<ReadBatch>   wait: the log file is the buffer
//   loop -> store      StoreThread::submit       wait: batches stay in the queue until there is room
//   store -> delivery  the outbox table          outbox: a slow receiver never stops anything
//
// A commit holds read positions, incidents and queued events together: a crash re-reads lines, never loses or double-counts.

#include "pipeline.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <csignal>
#include <memory>
#include <optional>
#include <vector>

#include "base/bounded_queue.h"
#include "config/config_file.h"
#include "correlate/correlator.h"
#include "emit/delivery.h"
#include "stages/incident_commit.h"
#include "stages/log_sources.h"
#include "stages/receivers.h"
#include "stages/rule_base.h"
#include "stages/service_notify.h"
#include "stages/store_outbox.h"
#include "store/incidents.h"
#include "store/positions.h"
#include "store/retention.h"
#include "store/store_thread.h"
#include "telemetry/log.h"

namespace handshaked {
namespace {

namespace asio = boost::asio;
using telemetry::log_error;
using telemetry::log_info;
using telemetry::log_warning;

constexpr int kExitConfiguration = 78;
constexpr int kExitInternal = 70;
constexpr std::size_t kQueuedBatches = 64;
constexpr auto kDeliveryGrace = std::chrono::seconds(5);
constexpr auto kRetentionInterval = std::chrono::hours(1);

std::string host_name(const config::Config& config) {
  if (!config.host.empty()) return config.host;
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? std::string(name.data()) : "localhost";
}

correlate::CorrelatorOptions correlator_options(const config::Config& config) {
  correlate::CorrelatorOptions options;
  options.host = host_name(config);
  options.group_wait = config.group_wait;
  options.transport_lines = config.transport_lines;
  options.transport_window = config.transport_window;
  options.quiet_least = config.resolve_after;
  options.max_incidents = config.max_incidents;
  return options;
}

telemetry::LogLevel log_level(const std::string& name) {
  return name == "debug"     ? telemetry::LogLevel::debug
         : name == "warning" ? telemetry::LogLevel::warning
         : name == "error"   ? telemetry::LogLevel::error
                             : telemetry::LogLevel::info;
}

class Daemon {
 public:
  Daemon(config::Config config, std::string rules_directory, std::shared_ptr<const stages::RuleBase> base, store::Database database)
      : config_(std::move(config)),
        rules_directory_(std::move(rules_directory)),
        base_(std::move(base)),
        guard_(asio::make_work_guard(loop_)),
        signals_(loop_, SIGTERM, SIGINT, SIGHUP),
        deadline_(loop_),
        watchdog_(loop_),
        retention_(loop_),
        correlator_(correlator_options(config_)),
        incident_commit_(host_name(config_), config_.receivers),
        store_(std::move(database), store_options()),
        outbox_(store_),
        batches_(kQueuedBatches, [this] { asio::post(loop_, [this] { take_batches(); }); }),
        readers_(config_.readers),
        sources_(loop_, readers_, batches_, base_->rules) {}

  /// Builds what can fail for reasons of the administrator's; complains in the log.
  bool prepare(bool from_start) {
    if (!restore_incidents() || !make_deliveries()) return false;
    for (const config::FileSource& source : config_.files) {
      const auto followed =
          sources_.follow(source, from_start || source.from_start, [this](const std::string& path) { return find_cursor(path); });
      if (!followed) {
        log_error(followed.error().message());
        return false;
      }
    }
    return true;
  }

  void run() {
    wait_for_signals();
    start_deliveries();
    sources_.start([this] {
      const std::string status =
          "following " + std::to_string(sources_.count()) + " logs with " + std::to_string(base_->rules->rules().size()) + " rules";
      log_info(status);
      stages::notify_ready(status);
    });
    feed_watchdog();
    run_retention();
    advance();  // what was open and due when we were stopped
    loop_.run();
  }

 private:
  store::StoreThreadOptions store_options() {
    store::StoreThreadOptions options;
    options.on_trouble = [](const Error& error) { log_error("the database cannot be written, events wait in memory: " + error.message()); };
    options.on_recovered = [] { log_info("the database can be written again"); };
    options.on_replaced = [this](const store::Replacement& replacement) {
      log_error("the database was damaged (" + replacement.reason + ") and is now " + replacement.moved_to.string() +
                "; a new one was begun");
      asio::post(loop_, [this] { submit_all_incidents(); });
    };
    return options;
  }

  // ---- before the first line -------------------------------------------------------------------------------------------

  bool restore_incidents() {
    auto rows = store_.call([](store::Database& database) { return store::Incidents(database).load_open(); }).get();
    if (!rows) {
      log_error("cannot read the open incidents: " + rows.error().message());
      return false;
    }
    for (const store::IncidentRow& row : rows.value()) {
      auto incident = correlate::Incident::from_json(row.state_json);
      if (incident) correlator_.restore(std::move(incident).value());
      else log_warning("incident " + row.id + " is left out: " + incident.error().message());
    }
    return true;
  }

  std::optional<std::string> find_cursor(const std::string& source) {
    auto cursor = store_.call([source](store::Database& database) { return store::Positions(database).find(source); }).get();
    if (cursor) return std::move(cursor).value();
    log_warning("cannot read the position of " + source + ": " + cursor.error().message());
    return std::nullopt;
  }

  bool make_deliveries() {
    for (const config::Receiver& receiver : config_.receivers) {
      auto sink = stages::make_sink(loop_.get_executor(), receiver, host_name(config_));
      if (!sink) {
        log_error("receiver " + receiver.name + ": " + sink.error().message());
        return false;
      }
      deliveries_.push_back(
          std::make_unique<emit::Delivery>(loop_.get_executor(), std::move(sink).value(), outbox_, emit::DeliveryOptions{}));
    }
    return true;
  }

  void start_deliveries() {
    deliveries_running_ = deliveries_.size();
    for (const auto& delivery : deliveries_) {
      asio::co_spawn(loop_, delivery->run(), [this](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
        if (--deliveries_running_ == 0 && stopping_) close_store();
      });
    }
  }

  // ---- lines in, incidents out -----------------------------------------------------------------------------------------

  void take_batches() {
    while (store_.has_room()) {
      auto batch = batches_.try_pop();
      if (!batch) return;
      take_batch(std::move(*batch));
    }
    store_.call_when_room([this] { asio::post(loop_, [this] { take_batches(); }); });
  }

  void take_batch(stages::ReadBatch batch) {
    for (const ingest::TailEvent& event : batch.events) log_tail_event(event);
    const Time now = wall_clock_now();
    correlator_.absorb(batch.found, now);
    store::Commit commit;
    commit.positions.push_back({.source = std::move(batch.source), .cursor = std::move(batch.cursor)});
    advance(now, std::move(commit));
  }

  void log_tail_event(const ingest::TailEvent& event) {
    using Kind = ingest::TailEvent::Kind;
    std::string text = std::string(to_string(event.kind)) + ": " + event.path;
    if (!event.detail.empty()) text += ": " + event.detail;
    if (event.lost_bytes && *event.lost_bytes > 0) text += " (" + std::to_string(*event.lost_bytes) + " bytes were never read)";
    const bool is_bad = event.kind == Kind::unreadable || event.kind == Kind::damaged || event.kind == Kind::lost_track ||
                        (event.kind == Kind::truncated && event.lost_bytes.value_or(1) > 0);
    telemetry::log(is_bad ? telemetry::LogLevel::warning : telemetry::LogLevel::info, text);
  }

  void advance() { advance(wall_clock_now(), {}); }

  void advance(Time now, store::Commit commit) {
    const bool urgent = incident_commit_.add(correlator_.advance(now), *base_, now, commit);
    const bool has_events = !commit.deliveries.empty();
    if (!commit.empty()) {
      store_.submit(
          std::move(commit),
          [this, has_events](Result<> written) {
            if (written && has_events) asio::post(loop_, [this] { notify_deliveries(); });
          },
          urgent);
    }
    wait_for_deadline();
  }

  void notify_deliveries() {
    for (const auto& delivery : deliveries_) delivery->notify();
  }

  void wait_for_deadline() {
    const auto next = correlator_.next_deadline();
    if (!next || stopping_) return;
    const auto wait = std::max<Duration>(*next - wall_clock_now(), std::chrono::milliseconds(1));
    deadline_.expires_after(std::min<Duration>(wait, std::chrono::minutes(1)));  // the clock may be set meanwhile
    deadline_.async_wait([this](boost::system::error_code error) {
      if (!error && store_.has_room()) advance();
      else if (!error) wait_for_deadline();
    });
  }

  void submit_all_incidents() {
    std::vector<correlate::IncidentChange> all;
    for (const correlate::Incident* incident : correlator_.incidents()) all.push_back({correlate::IncidentChange::What::changed, incident});
    store::Commit commit;
    incident_commit_.add(all, *base_, wall_clock_now(), commit);
    store_.submit(std::move(commit), {}, true);
  }

  // ---- from outside ----------------------------------------------------------------------------------------------------

  void wait_for_signals() {
    signals_.async_wait([this](boost::system::error_code error, int signal) {
      if (error) return;
      if (signal == SIGHUP) {
        reload();
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

  void reload() {
    stages::notify_reloading();
    stages::LoadedRuleBase loaded = stages::load_rule_base(rules_directory_);
    for (const std::string& problem : loaded.problems) log_error(problem);
    if (loaded.base) {
      base_ = std::move(loaded.base);
      sources_.use_rules(base_->rules);
      log_info("reloaded " + std::to_string(base_->rules->rules().size()) + " rules");
    } else {
      log_error("the rules were not reloaded: the " + std::to_string(base_->rules->rules().size()) + " rules from before stay in force");
    }
    stages::notify_ready("following " + std::to_string(sources_.count()) + " logs with " + std::to_string(base_->rules->rules().size()) +
                         " rules");
  }

  void feed_watchdog() {
    const auto interval = stages::watchdog_interval();
    if (!interval) return;
    watchdog_.expires_after(*interval);
    watchdog_.async_wait([this](boost::system::error_code error) {
      if (error) return;
      // The word goes through the readers and the store: a stage that hangs is not vouched for.
      asio::post(readers_, [this] { store_.post([](store::Database&) { stages::notify_watchdog(); }); });
      feed_watchdog();
    });
  }

  void run_retention() {
    const store::RetentionLimits limits{.max_age = config_.retention, .max_bytes = config_.retention_bytes};
    store_.post([this, limits](store::Database& database) {
      const auto report = store::run_retention_slice(database, limits, wall_clock_now());
      if (!report) log_warning("old records were not removed: " + report.error().message());
      const bool again = report && !report.value().is_finished;
      asio::post(loop_, [this, again] { wait_for_retention(again ? std::chrono::seconds(1) : std::chrono::seconds(kRetentionInterval)); });
    });
  }

  void wait_for_retention(std::chrono::seconds wait) {
    if (stopping_) return;
    retention_.expires_after(wait);
    retention_.async_wait([this](boost::system::error_code error) {
      if (!error) run_retention();
    });
  }

  // ---- the end: downstream, stage by stage ------------------------------------------------------------------------------

  void stop() {
    stopping_ = true;
    stages::notify_stopping();
    sources_.stop();
    for (asio::steady_timer* timer : {&deadline_, &watchdog_, &retention_}) timer->cancel();
    // The readers may wait for room in the queue, so it is emptied until they are done.
    finished_readers_ = std::jthread([this] {
      readers_.join();
      asio::post(loop_, [this] { stop_after_readers(); });
    });
  }

  void stop_after_readers() {
    while (auto batch = batches_.try_pop()) take_batch(std::move(*batch));
    advance();
    for (const auto& delivery : deliveries_) delivery->stop(kDeliveryGrace);
    if (deliveries_running_ == 0) close_store();
  }

  void close_store() {
    store_.stop();
    signals_.cancel();
    guard_.reset();
    log_info("stopped");
  }

  config::Config config_;
  std::string rules_directory_;
  std::shared_ptr<const stages::RuleBase> base_;
  asio::io_context loop_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_;
  asio::signal_set signals_;
  asio::steady_timer deadline_, watchdog_, retention_;
  correlate::Correlator correlator_;
  stages::IncidentCommit incident_commit_;
  store::StoreThread store_;
  stages::StoreOutbox outbox_;
  std::vector<std::unique_ptr<emit::Delivery>> deliveries_;
  std::size_t deliveries_running_ = 0;
  BoundedQueue<stages::ReadBatch> batches_;
  asio::thread_pool readers_;
  stages::LogSources sources_;
  std::jthread finished_readers_;
  bool stopping_ = false;
};

}  // namespace

int run_daemon(const DaemonOptions& options) {
  const bool must_exist = !options.config_file.empty();
  config::LoadedConfig loaded = config::load_config(must_exist ? options.config_file : std::string(config::kDefaultFile), must_exist);
  const bool rules_configured = !loaded.config.rules_directory.empty() && !options.rules_were_asked_for;
  const std::string rules_directory = rules_configured ? loaded.config.rules_directory : options.rules_directory;
  if (rules_directory.empty()) {
    log_error("no rules were found: give --rules DIRECTORY, or directory in [rules] of the configuration");
    return kExitConfiguration;
  }
  stages::LoadedRuleBase rules = stages::load_rule_base(rules_directory);
  for (const config::ConfigProblem& problem : loaded.problems) log_error(problem.message());
  for (const std::string& problem : rules.problems) log_error(problem);
  if (!loaded.problems.empty() || !rules.base) return kExitConfiguration;
  telemetry::set_log_level(log_level(loaded.config.log_level));

  auto database = store::Database::open(loaded.config.database);
  if (!database) {
    log_error(database.error().message());
    return kExitInternal;
  }
  if (const auto& replacement = database.value().replacement()) {
    log_error("the database was damaged (" + replacement->reason + ") and is now " + replacement->moved_to.string() +
              "; a new one was begun");
  }

  Daemon daemon(std::move(loaded.config), rules_directory, std::move(rules.base), std::move(database).value());
  if (!daemon.prepare(options.from_start)) return kExitConfiguration;
  daemon.run();
  return 0;
}

}  // namespace handshaked
