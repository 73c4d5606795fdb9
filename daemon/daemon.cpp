// READ FIRST. The program, from a log line to a delivered event:
//
//   log files -> LogSources ------(batches)-+
//   senders -> NetworkSources ----(batches)-+-> Correlator -> IncidentCommit -> StoreThread ->
//   Delivery -> receivers reader pool, network threads: read, match, fold   loop thread its thread
//   loop thread
//
// Beside it LogDiscovery tells LogSources which logs nginx's configuration names, and
// IncidentDiagnosis adds causes to incidents; both look at nginx through one NginxView. Calendar
// opens incidents that no line tells of: what will break, and when.
//
// Edges, and what happens when they are full:
//   readers -> loop    BoundedQueue<ReadBatch>   wait: the log file is the buffer
//   network -> loop    BoundedQueue<NetworkBatch> refuse: senders are asked to come again, or not
//   read from (TCP slows them) loop -> store      StoreThread::submit       batches stay in the
//   queue until there is room, and what is due waits; the loop never does store -> delivery  the
//   outbox table          outbox: a slow receiver never stops anything. What a commit has just
//   queued is
//                                                offered from memory; what is not taken then is
//                                                read from the table later
//
// A commit holds read positions, incidents and queued events together: a crash re-reads lines,
// never loses or double-counts.

#include <unistd.h>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/text/number_text.h"
#include "base/text/shell_word.h"
#include "base/text/visible_text.h"
#include "config/config.h"
#include "config/config_file.h"
#include "config/host_name.h"
#include "daemon.h"
#include "runtime/delivery/restored_state.h"
#include "runtime/delivery/store_outbox.h"
#include "runtime/files/tail_events.h"
#include "runtime/service/restart_backoff.h"
#include "runtime/service/service_notify.h"
#include "runtime/service/stage_options.h"
#include "store/positions.h"
#include "telemetry/log.h"

namespace handshaked {

namespace asio = boost::asio;
using telemetry::log_error;
using telemetry::log_info;
using telemetry::log_warning;
namespace message_id = telemetry::message_id;

namespace {

constexpr std::size_t kQueuedBatches = 8;  // of up to 4 MiB of log, or a thousand places and a few
constexpr std::size_t kQueuedNetworkBatches = 256;

/// What an edge has told is kept as how far it was heard: the row of its host among the read
/// positions.
constexpr std::string_view kEdgeRow = "edge:";

constexpr int kExitOverdue = 75;  // sysexits.h: EX_TEMPFAIL
/// Within systemd's TimeoutStopSec=. Every stage has a shorter deadline of its own; a disk that
/// does not answer has none.
constexpr auto kStopWithin = std::chrono::seconds(25);

/// After the store is closed only threads are left whose work nobody needs: a diagnosis that waits
/// for a slow peer, a name lookup.
constexpr auto kJoinWithin = std::chrono::seconds(3);

/// False: the stop has ended meanwhile.
bool is_overdue(const std::stop_token& ended, std::chrono::seconds within) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any overdue;
  overdue.wait_for(lock, ended, within, [] { return false; });
  return !ended.stop_requested();
}

void end_when_overdue(const std::stop_token& ended) {
  if (!is_overdue(ended, kStopWithin)) return;
  log_error("the stop took longer than " + std::to_string(kStopWithin.count()) +
            " s: ending at once. What was not stored is read again at the next start");
  _exit(kExitOverdue);
}

bool has_openings(const std::vector<correlate::IncidentChange>& changes) {
  using What = correlate::IncidentChange::What;
  return std::any_of(changes.begin(), changes.end(), [](const auto& change) {
    return change.what == What::opened || change.what == What::reopened;
  });
}

}  // namespace

std::string ConfigFile::command_options() const {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (path.empty() || path == config::kDefaultFile || error) return {};
  return "-c " + shell_word(absolute.lexically_normal().string());
}

Daemon::Daemon(config::Config config, ConfigFile config_file,
               std::function<std::string()> find_rules,
               std::shared_ptr<const runtime::RuleBase> base, store::Database database,
               const runtime::GroupWorker* worker)
    : config_(std::move(config)),
      config_file_(std::move(config_file)),
      worker_(worker),
      find_rules_(std::move(find_rules)),
      base_(std::move(base)),
      guard_(asio::make_work_guard(loop_)),
      signals_(loop_, SIGTERM, SIGINT, SIGHUP),
      deadline_(loop_),
      correlator_(runtime::correlator_options(config_)),
      dispatcher_(config::make_router(config_), config_.routing.maintenance),
      incident_commit_(config::host_name(config_), config_.receivers, config_.web.url,
                       config_file_.command_options()),
      store_(std::move(database), store_options()),
      nginx_(runtime::nginx_view(config_)),
      edge_(loop_, store_, nginx_, config::host_name(config_), config_.labels),
      deliveries_(loop_, store_, config::host_name(config_),
                  [this](std::string receiver, bool anew) {
                    return edge_.tell(std::move(receiver), anew);
                  }),
      batches_(kQueuedBatches, [this] { asio::post(loop_, [this] { take_batches(); }); }),
      readers_(config_.readers),
      housekeeping_(loop_, readers_, store_,
                    {.max_age = config_.retention, .max_bytes = config_.retention_bytes}),
      sources_(loop_, readers_, batches_, base_->rules),
      network_batches_(kQueuedNetworkBatches,
                       [this] { asio::post(loop_, [this] { take_batches(); }); }),
      network_(loop_, network_batches_, base_->rules, config_.readers),
      signs_(loop_, parts()) {}

Result<> Daemon::prepare(bool from_start) {
  diagnosis_.emplace(loop_.get_executor(), config_, nginx_, base_, correlator_, store_, counters_,
                     [this] { advance(); });
  counters_.rules.use_rules(base_->rules);
  TRY(restore_incidents());
  runtime::CalendarOptions calendar = runtime::calendar_options(config_);
  calendar.on_handshake = [this] { ++counters_.handshakes; };
  calendar_.emplace(loop_.get_executor(), std::move(calendar), nginx_, base_, correlator_, store_,
                    [this] { advance(); });
  calendar_->restore(find_cursor(std::string(runtime::Calendar::kRenewalsRow)).value_or(""),
                     find_cursor(std::string(runtime::Calendar::kPeersRow)).value_or(""));
  TRY(deliveries_.use(config_.receivers));
  const auto find = [this](const std::string& source) { return find_cursor(source); };
  for (const config::FileSource& source : config_.files) {
    if (source.discover)
      discovery_.emplace(loop_.get_executor(), nginx_,
                         [this](const auto& logs) { sources_.use_discovered(logs); });
    const std::vector<std::string> discovered =
        source.discover ? discovery_->first_look() : std::vector<std::string>();
    TRY(sources_.follow(source, from_start || source.from_start, find, discovered));
  }
  TRY(network_.open_all(config_, find));
  return open_web();
}

std::string Daemon::what_it_follows() const {
  const std::size_t logs = sources_.count(), rules = base_->rules->rules().size();
  return "following " + counted(logs, "log", "logs") + " with " + counted(rules, "rule", "rules");
}

void Daemon::run() {
  wait_for_signals();
  deliveries_.start();
  network_.start();
  sources_.start([this] {
    counters_.has_looked_at_sources = true;
    const std::string status = what_it_follows();
    log_info(status, {.id = message_id::ready});
    telemetry::limit_rates();  // what is wrong at start is said in full
    runtime::notify_ready(status);
  });
  if (discovery_) discovery_->start();
  listen_to_operators();
  housekeeping_.start(
      [this](std::function<void()> then) { network_.pass_through_threads(std::move(then)); });
  diagnosis_->resume(wall_clock_now());
  calendar_->start();
  advance();  // what was open and due when we were stopped
  loop_.run();
}

store::StoreThreadOptions Daemon::store_options() {
  store::StoreThreadOptions options;
  options.on_trouble = [this](const Error& error) {
    log_error("the database cannot be written, events wait in memory: " + error.message(),
              {.id = message_id::database_failing});
    asio::post(loop_, [this, why = error.message()] { counters_.store_trouble = why; });
  };
  options.on_committed = [this](std::chrono::steady_clock::duration took, const Result<>& written) {
    counters_.note_commit(took, written);
  };
  options.on_queued = [this](const store::Commit& commit,
                             const std::vector<store::QueuedRow>& queued) {
    // Straight to the senders, without reading it back.
    auto fresh = std::make_shared<runtime::FreshDeliveries>(
        runtime::fresh_deliveries(commit, queued, wall_clock_now()));
    asio::post(loop_, [this, fresh] { deliveries_.offer(*fresh); });
  };
  options.on_recovered = [this] {
    log_info("the database can be written again", {.id = message_id::database_recovered});
    asio::post(loop_, [this] {
      counters_.store_trouble.clear();
      deliveries_.notify();
    });
  };
  options.on_brought_back = [] {
    log_error(
        "somebody removed the database while it was in use: it was recreated, and nothing is lost",
        {.id = message_id::database_replaced});
  };
  options.on_replaced = [this](const store::Replacement& replacement) {
    log_error("the database was damaged (" + replacement.reason + ") and is now " +
                  replacement.moved_to.string() + "; a new one was begun",
              {.id = message_id::database_replaced});
    asio::post(loop_, [this] { submit_all_incidents(); });
  };
  return options;
}

// ---- before the first line
// ---------------------------------------------------------------------------------------------

Result<> Daemon::restore_incidents() {
  TRY(auto positions,
      store_.call([](store::Database& database) { return store::Positions(database).list(); })
          .get());
  for (store::PositionRow& row : positions)
    positions_.insert_or_assign(std::move(row.source), std::move(row.cursor));
  const auto restored = runtime::restore_state(store_, correlator_, dispatcher_,
                                               config_.reopen_within, wall_clock_now());
  restore_edges();
  return restored ? restored
                  : Result<>(fail(restored.error().wrapped("cannot read the state of before")));
}

void Daemon::restore_edges() {
  std::vector<correlate::Edge> edges;
  for (auto at = positions_.lower_bound(kEdgeRow);
       at != positions_.end() && at->first.starts_with(kEdgeRow); ++at) {
    if (at->second.empty()) continue;  // of one that was taken down
    auto edge = correlate::edge_from_json(at->second);
    if (edge) edges.push_back(std::move(edge).value());
    else
      log_warning(visible_text(at->first.substr(kEdgeRow.size())) +
                  " is left out until it is heard: " + edge.error().message());
  }
  correlator_.restore_edges(std::move(edges), wall_clock_now());
}

std::optional<std::string> Daemon::find_cursor(const std::string& source) const {
  const auto known = positions_.find(source);
  return known == positions_.end() ? std::nullopt : std::optional(known->second);
}

// ---- lines in, incidents out
// -------------------------------------------------------------------------------------------

void Daemon::take_batches() {
  while (store_.has_room()) {
    auto batch = batches_.try_pop();
    auto network_batch =
        network_batches_.try_pop();  // in turn: neither kind of source holds up the other
    if (!batch && !network_batch) return;
    if (batch) take_batch(std::move(*batch));
    if (network_batch) take_network_batch(std::move(*network_batch));
  }
  go_on_when_room();
}

/// Nothing is taken and nothing becomes due while the database cannot be written and too much waits
/// for it.
void Daemon::go_on_when_room() {
  if (stopping_) {
    // Nobody waits for room any more: logs are read again from where they were stored, and senders
    // were not told that all is well.
    batches_.close();
    network_batches_.close();
    return;
  }
  if (std::exchange(waits_for_room_, true)) return;
  store_.call_when_room([this] {
    asio::post(loop_, [this] {
      waits_for_room_ = false;
      take_batches();
      advance();
    });
  });
}

void Daemon::take_batch(runtime::ReadBatch batch) {
  if (!batch.found.failures.empty()) housekeeping_.return_memory_later();
  for (const ingest::TailEvent& event : batch.events) runtime::log_tail_event(event);
  const Time now = wall_clock_now();
  correlator_.absorb(batch.found, now);
  rates_.note(batch.found, correlator_);
  counters_.rules.note(batch.found);
  store::Commit commit;
  // From where a log is followed is on disk at once: whatever happens to it or to us then, it is
  // read on from there.
  const bool is_first = known_sources_.insert(batch.source).second;
  positions_.insert_or_assign(batch.source, batch.cursor);
  commit.positions.push_back(
      {.source = std::move(batch.source), .cursor = std::move(batch.cursor)});
  advance(now, std::move(commit), {}, is_first);
}

void Daemon::take_network_batch(runtime::NetworkBatch batch) {
  housekeeping_.return_memory_later();
  const Time now = wall_clock_now();
  for (const correlate::FailureBatch& found : batch.found) {
    correlator_.absorb(found, now);
    rates_.note(found, correlator_);
    counters_.rules.note(found);
  }
  for (const receive::EdgeReport& report : batch.reports) {
    complain_of_other_partitions(report);
    const match::Rule* const rule = report.event ? base_->find(report.event->rule_id) : nullptr;
    if (correlator_.absorb(report, rule, now) == correlate::Fleet::Verdict::refused)
      log_warning(
          visible_text(report.host) +
          ": more edges, or more faults of one, than are kept: what it says is only counted");
  }
  store::Commit commit;
  if (batch.make_cursor) batch.cursor = batch.make_cursor();
  if (!batch.cursor.empty())
    commit.positions.push_back(
        {.source = std::move(batch.source), .cursor = std::move(batch.cursor)});
  advance(now, std::move(commit), std::move(batch.committed));
}

/// What comes is taken all the same: a fault that is two incidents is better than one that is none.
void Daemon::complain_of_other_partitions(const receive::EdgeReport& report) const {
  if (!config_.group.partition || report.partitions == config_.group.partitions) return;
  const std::string needed = std::to_string(config_.group.partitions);
  const char* const so = report.partitions > config_.group.partitions
                             ? "nobody reads what it sends to the others"
                             : "one fault may be several incidents";
  log_warning(visible_text(report.host) + " divides its events among " +
              std::to_string(report.partitions) + " partitions, and the group has " + needed +
              ": " + so + " until its receiver has partitions = " + needed);
}

void Daemon::advance() {
  if (store_.has_room() || stopping_) advance(wall_clock_now(), {});
  else go_on_when_room();
}

void Daemon::advance(Time now, store::Commit commit, std::function<void(Result<>)> committed,
                     bool is_urgent) {
  const std::vector<correlate::IncidentChange> changes = correlator_.advance(now);
  if (!stopping_) diagnosis_->ask(changes, now);
  incident_commit_.add(changes, commit);
  rates_.note(changes, now);
  if (!changes.empty() && web_) web_->note_change();
  for (auto& [host, state] : correlator_.take_changed_edges())
    commit.positions.push_back(
        {.source = std::string(kEdgeRow) + host, .cursor = std::move(state)});
  for (const correlate::IncidentChange& change : changes)
    dispatcher_.observe(*change.incident, now);
  incident_commit_.add(dispatcher_.advance(now, runtime::LiveIncidents(correlator_)), *base_, now,
                       commit);
  const bool has_events = !commit.deliveries.empty();
  const bool urgent = is_urgent || has_events || committed || has_openings(changes);
  std::vector<store::Rates::Row> rates = rates_.take(now);
  if (!commit.empty()) {
    store_.submit(
        std::move(commit),
        [this, rates = std::move(rates),
         committed = std::move(committed)](Result<> written) mutable {
          if (written) keep_rates(std::move(rates));
          if (committed) committed(std::move(written));
        },
        urgent);
  } else {
    keep_rates(std::move(rates));
    if (committed) committed(success());  // nothing in it has to be kept
  }
  wait_for_deadline();
}

/// Once the incidents that they are of are committed. On whatever thread says so.
void Daemon::keep_rates(std::vector<store::Rates::Row> rows) {
  if (rows.empty()) return;
  store_.post([rows = std::move(rows)](store::Database& database) {
    if (const auto kept = store::Rates(database).record(rows); !kept)
      log_warning(kept.error().message());
  });
}

void Daemon::wait_for_deadline() {
  auto next = correlator_.next_deadline();
  for (const auto& other : {dispatcher_.next_deadline(), rates_.next_due()})
    if (other) next = std::min(next.value_or(*other), *other);
  if (!next || stopping_ || waits_for_room_) return;
  const auto wait = std::max<Duration>(*next - wall_clock_now(), std::chrono::milliseconds(1));
  deadline_.expires_after(
      std::min<Duration>(wait, std::chrono::minutes(1)));  // the clock may be set meanwhile
  deadline_.async_wait([this](boost::system::error_code error) {
    if (!error) advance();
  });
}

void Daemon::submit_all_incidents() {
  using What = correlate::IncidentChange::What;
  std::vector<correlate::IncidentChange> all;
  for (const correlate::Incident* incident : correlator_.incidents())
    all.push_back({incident->diagnosis ? What::diagnosed : What::changed, incident});
  store::Commit commit;
  incident_commit_.add(all, commit);
  for (const auto& [host, edge] : correlator_.fleet().edges())
    commit.positions.push_back(
        {.source = std::string(kEdgeRow) + host, .cursor = correlate::to_json(edge)});
  notify::Dispatcher::Decisions told;
  told.told = dispatcher_.everything_told();
  incident_commit_.add(told, *base_, wall_clock_now(), commit);
  store_.submit(std::move(commit), {}, true);
}

// ---- the end: downstream, stage by stage
// --------------------------------------------------------------------------------

void Daemon::stop() {
  stopping_ = true;
  runtime::notify_stopping();
  last_resort_ = std::jthread([](const std::stop_token& ended) { end_when_overdue(ended); });
  store_.hurry();
  if (control_) control_->stop();
  web_->stop();
  signs_.stop();
  diagnosis_->stop();
  calendar_->stop();
  if (discovery_) discovery_->stop();
  sources_.stop();
  network_.begin_stop();
  deadline_.cancel();
  housekeeping_.stop();
  // The readers may wait for room in the queue, so it is emptied until they are done, or closed
  // when the store has no room either.
  finished_readers_ = std::jthread([this] {
    network_.stop();
    readers_.join();
    asio::post(loop_, [this] { stop_after_readers(); });
  });
  take_batches();
}

void Daemon::stop_after_readers() {
  while (auto batch = batches_.try_pop()) take_batch(std::move(*batch));
  while (auto batch = network_batches_.try_pop()) take_network_batch(std::move(*batch));
  advance();
  deliveries_.stop([this] { close_store(); });
}

/// Takes as long as the database needs, at most its grace: on a thread of its own, so that a second
/// signal still ends us.
void Daemon::close_store() {
  closing_ = std::jthread([this] {
    store_.stop();
    asio::post(loop_, [this] { end(); });
  });
}

void Daemon::end() {
  signals_.cancel();
  guard_.reset();
  runtime::restart_backoff().forget();
  log_info("stopped");
  telemetry::tell_suppressed(true);
  last_resort_ = std::jthread([](const std::stop_token& ended) {
    if (is_overdue(ended, kJoinWithin)) _exit(EXIT_SUCCESS);
  });
}

}  // namespace handshaked
