#include "runtime/operator/daemon_status.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

#include "event/incident_event.h"

namespace handshaked::runtime {

using correlate::Incident;
using telemetry::Metrics;
using telemetry::ReceiverMetrics;

DaemonStatus::DaemonStatus(boost::asio::io_context& loop, Parts parts)
    : loop_(loop), parts_(std::move(parts)), patience_(loop), started_at_(wall_clock_now()) {}

void DaemonStatus::ask(Reply reply) {
  waiting_.push_back(std::move(reply));
  if (is_stopped_) return finish(false);
  if (waiting_.size() == 1) {
    patience_.expires_after(kPatience);
    patience_.async_wait([this](boost::system::error_code error) {
      // One that was queued for an earlier question says nothing about this one.
      if (!error && std::chrono::steady_clock::now() >= patience_.expiry()) finish(false);
    });
  }
  if (!std::exchange(is_asking_, true)) ask_store();
}

void DaemonStatus::stop() {
  is_stopped_ = true;
  finish(false);
}

void DaemonStatus::ask_store() {
  const bool is_posted = parts_.store.post([this](store::Database& database) {
    StoreAnswer answer;
    if (const auto writable = database.check_writable(); !writable)
      answer.trouble = writable.error().message();
    if (auto counts = store::Outbox(database).count()) answer.counts = std::move(counts).value();
    else if (answer.trouble.empty()) answer.trouble = counts.error().message();
    boost::asio::post(loop_, [this, answer = std::move(answer)]() mutable {
      is_asking_ = false;
      store_ = std::move(answer);
      finish(true);
    });
  });
  if (!is_posted) finish(false);  // the store has stopped
}

void DaemonStatus::finish(bool answered) {
  patience_.cancel();
  if (waiting_.empty()) return;
  has_answered_ = answered;
  const Metrics now = figures();
  for (const Reply& reply : std::exchange(waiting_, {})) reply(now);
}

Metrics DaemonStatus::figures() const {
  const DaemonCounters& counters = parts_.counters;
  Metrics figures{.version = HANDSHAKED_VERSION,
                  .host = parts_.host,
                  .now = wall_clock_now(),
                  .started_at = started_at_};
  figures.process = telemetry::read_process_figures();
  figures.has_looked_at_sources = counters.has_looked_at_sources;
  parts_.sources.add_figures(figures.sources, figures.now);
  parts_.network.add_figures(figures.sources);
  figures.rules_loaded = parts_.rules().rules->rules().size();
  figures.rules_loaded_at = counters.rules_loaded_at;
  figures.is_last_reload_good = counters.is_last_reload_good;
  figures.rules = counters.rules.figures();
  figures.queues = parts_.queues();
  figures.group = parts_.group();
  figures.diagnosis = {.diagnosis_seconds = counters.diagnosis_seconds.figures(),
                       .probe_round_seconds = counters.round_seconds.figures(),
                       .found = counters.diagnoses_found,
                       .nothing_found = counters.diagnoses_empty,
                       .rounds_passed = counters.rounds_passed,
                       .rounds_failed = counters.rounds_failed,
                       .handshakes = counters.handshakes};
  add_incidents(figures);
  add_fleet(figures);
  add_receivers(figures);
  add_store(figures);
  return figures;
}

void DaemonStatus::add_incidents(Metrics& into) const {
  telemetry::IncidentMetrics& incidents = into.incidents;
  for (const Incident* const incident : parts_.correlator.incidents()) {
    if (incident->status == correlate::Status::pending) ++incidents.pending;
    else if (!incident->is_told()) ++incidents.noise;
    else ++incidents.open[static_cast<std::size_t>(incident->severity)];
    if (incident->is_told() && !parts_.dispatcher.silencing(*incident, into.now).empty())
      ++incidents.silenced;
  }
  const correlate::Correlator::Counters& counters = parts_.correlator.counters();
  incidents.opened = counters.opened;
  incidents.reopened = counters.reopened;
  incidents.resolved = counters.resolved;
  incidents.untrusted_lines = counters.untrusted;
  incidents.overflow_lines = counters.overflow;
}

void DaemonStatus::add_fleet(Metrics& into) const {
  using State = telemetry::EdgeMetrics::State;
  constexpr std::uint64_t kBehindSeconds = 60;
  const correlate::Fleet& fleet = parts_.correlator.fleet();
  for (const auto& [host, edge] : fleet.edges()) {
    telemetry::EdgeMetrics figures{.host = host, .version = edge.version};
    figures.state = edge.silent_since                    ? State::silent
                    : edge.lag_seconds >= kBehindSeconds ? State::behind
                                                         : State::healthy;
    figures.heard_at = edge.heard_at;
    figures.silent_since = edge.silent_since;
    figures.waiting = edge.waiting;
    figures.lag_seconds = edge.lag_seconds;
    figures.open_faults = static_cast<std::size_t>(
        std::count_if(edge.faults.begin(), edge.faults.end(),
                      [](const auto& entry) { return entry.second.is_open; }));
    into.fleet.edges.push_back(std::move(figures));
  }
  std::stable_sort(into.fleet.edges.begin(), into.fleet.edges.end(),
                   [](const auto& a, const auto& b) { return a.state > b.state; });
  const correlate::Fleet::Counters& counters = fleet.counters();
  into.fleet.taken = counters.taken;
  into.fleet.duplicates = counters.duplicates;
  into.fleet.outdated = counters.outdated;
  into.fleet.refused = counters.refused;
}

void DaemonStatus::add_receivers(Metrics& into) const {
  into.receivers = parts_.deliveries.figures();
  for (ReceiverMetrics& receiver : into.receivers) {
    for (const store::ReceiverCounts& row : store_.counts) {
      if (row.receiver != receiver.name) continue;
      receiver.waiting = row.waiting;
      receiver.dead_letters = row.dead;
      receiver.kept_delivered = row.delivered;
      receiver.kept_discarded = row.discarded;
      receiver.oldest_waiting = row.oldest_waiting;
    }
  }
}

void DaemonStatus::add_store(Metrics& into) const {
  const DaemonCounters& counters = parts_.counters;
  into.store.commit_seconds = counters.commit_seconds.figures();
  into.store.failed_commits = counters.failed_commits;
  if (const std::int64_t at = counters.last_commit_at; at != 0)
    into.store.last_commit_at = Time(std::chrono::microseconds(at));
  into.store.waiting_bytes = parts_.store.waiting_bytes();
  into.store.answers = has_answered_;
  into.store.trouble = counters.store_trouble.empty() ? store_.trouble : counters.store_trouble;
}

}  // namespace handshaked::runtime
