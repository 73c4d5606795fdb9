#include "web/metrics_text.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "base/text/visible_text.h"

namespace handshaked::web {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;
using telemetry::EngineMetrics;
using telemetry::HistogramMetrics;
using telemetry::ListenerMetrics;
using telemetry::Metrics;
using telemetry::ReceiverMetrics;
using telemetry::RuleMetrics;
using telemetry::SourceMetrics;

using Labels = std::vector<ClientMetric::Label>;

constexpr std::size_t kMostEdgesShown = 200;

double seconds_of(Time time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}
double seconds_of(const std::optional<Time>& time) { return time ? seconds_of(*time) : 0; }
double number(auto value) { return static_cast<double>(value); }

/// Families in the order in which they are begun; each sample goes to the one begun last.
class Exposition {
 public:
  Exposition& counter(std::string name, std::string help) {
    return begin(std::move(name), std::move(help), MetricType::Counter);
  }
  Exposition& gauge(std::string name, std::string help) {
    return begin(std::move(name), std::move(help), MetricType::Gauge);
  }

  Exposition& sample(double value, Labels labels = {}) {
    prometheus::MetricFamily& family = families_.back();
    ClientMetric& metric = family.metric.emplace_back();
    metric.label = std::move(labels);
    (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    return *this;
  }

  void histogram(std::string name, std::string help, const HistogramMetrics& metrics) {
    begin(std::move(name), std::move(help), MetricType::Histogram);
    ClientMetric::Histogram& into = families_.back().metric.emplace_back().histogram;
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < metrics.counts.size(); ++i) {
      so_far += metrics.counts[i];
      into.bucket.push_back({.cumulative_count = so_far,
                             .upper_bound = i < metrics.bounds.size()
                                                ? metrics.bounds[i]
                                                : std::numeric_limits<double>::infinity()});
    }
    into.sample_count = so_far;
    into.sample_sum = metrics.sum;
  }

  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  Exposition& begin(std::string name, std::string help, MetricType type) {
    families_.push_back(
        {.name = std::move(name), .help = std::move(help), .type = type, .metric = {}});
    return *this;
  }

  std::vector<prometheus::MetricFamily> families_;
};

void write_process(Exposition& out, const Metrics& metrics) {
  out.gauge("handshaked_build_info", "Version of the running daemon.")
      .sample(1, {{"version", metrics.version}});
  out.gauge("process_start_time_seconds", "When the process began, since 1970.")
      .sample(seconds_of(metrics.started_at));
  out.gauge("process_resident_memory_bytes", "Memory that is in use now.")
      .sample(number(metrics.process.resident_bytes));
  out.gauge("process_virtual_memory_bytes", "Size of the address space.")
      .sample(number(metrics.process.virtual_bytes));
  out.counter("process_cpu_seconds_total", "Processor time, user and system.")
      .sample(metrics.process.cpu_seconds);
  out.gauge("process_open_fds", "Open file descriptors.")
      .sample(number(metrics.process.open_descriptors));
  out.gauge("process_max_fds", "File descriptors that may be open.")
      .sample(number(metrics.process.most_descriptors));
  out.gauge("handshaked_ready", "1 when /readyz answers 200.")
      .sample(telemetry::why_not_ready(metrics).empty() ? 1 : 0);
}

/// No more than so many series: what comes behind is one.
std::vector<SourceMetrics> bounded(const std::vector<SourceMetrics>& sources) {
  if (sources.size() <= kMostSourcesShown) return sources;
  std::vector<SourceMetrics> shown(sources.begin(), sources.begin() + kMostSourcesShown);
  SourceMetrics others{.kind = "others",
                       .name = "(others)",
                       .last_line_at = {},
                       .lag_bytes = 0,
                       .listener = {},
                       .engine = {}};
  for (std::size_t i = kMostSourcesShown; i < sources.size(); ++i) {
    const SourceMetrics& source = sources[i];
    others.bytes += source.bytes;
    others.lines += source.lines;
    others.candidates += source.candidates;
    others.matched += source.matched;
    others.untrusted += source.untrusted;
    others.last_line_at = std::max(others.last_line_at, source.last_line_at);
    *others.lag_bytes += source.lag_bytes.value_or(0);
    others.lag_seconds = std::max(others.lag_seconds, source.lag_seconds);
    if (source.state == SourceMetrics::State::unreadable) others.state = source.state;
  }
  shown.push_back(std::move(others));
  return shown;
}

void write_sources(Exposition& out, const Metrics& metrics) {
  const std::vector<SourceMetrics> sources = bounded(metrics.sources);
  const auto each = [&](const auto& value) {
    for (const SourceMetrics& source : sources) {
      if (const std::optional<double> read = value(source))
        out.sample(*read, {{"kind", source.kind}, {"source", visible_text(source.name)}});
    }
  };
  const auto all = [&each](auto SourceMetrics::*member) {
    each([member](const SourceMetrics& source) { return std::optional(number(source.*member)); });
  };
  out.counter("handshaked_source_read_bytes_total", "Bytes read from a source.");
  all(&SourceMetrics::bytes);
  out.counter("handshaked_source_read_lines_total",
              "Lines read from a source; records, for protocols that tell them apart.");
  all(&SourceMetrics::lines);
  out.counter("handshaked_source_candidate_lines_total",
              "Lines that the gate let pass to be parsed.");
  all(&SourceMetrics::candidates);
  out.counter("handshaked_source_matched_lines_total", "Lines that a rule recognised.");
  all(&SourceMetrics::matched);
  out.counter("handshaked_source_untrusted_lines_total",
              "Recognised lines that a stranger may have written.");
  all(&SourceMetrics::untrusted);
  out.gauge("handshaked_source_readable", "0 while a source is there and cannot be read.");
  each([](const SourceMetrics& source) {
    return std::optional(source.state == SourceMetrics::State::unreadable ? 0.0 : 1.0);
  });
  out.gauge("handshaked_source_last_line_timestamp_seconds",
            "When something was last read from a source, since 1970; 0: never.");
  each([](const SourceMetrics& source) { return std::optional(seconds_of(source.last_line_at)); });
  out.gauge("handshaked_source_lag_bytes", "Bytes that are in a log and were not read.");
  each([](const SourceMetrics& source) {
    return source.lag_bytes ? std::optional(number(*source.lag_bytes)) : std::nullopt;
  });
  out.gauge("handshaked_source_lag_seconds",
            "Since when bytes of a log have been unread; 0 when all are read.");
  each([](const SourceMetrics& source) {
    return source.lag_bytes ? std::optional(source.lag_seconds) : std::nullopt;
  });
}

void write_listeners(Exposition& out, const Metrics& metrics) {
  const auto family = [&](const char* name, const char* help,
                          std::uint64_t ListenerMetrics::*member, bool is_gauge = false) {
    if (is_gauge) out.gauge(name, help);
    else out.counter(name, help);
    for (const SourceMetrics& source : metrics.sources) {
      if (source.listener)
        out.sample(number((*source.listener).*member),
                   {{"kind", source.kind}, {"source", visible_text(source.name)}});
    }
  };
  family("handshaked_listener_batches_total", "Batches taken from senders with something in them.",
         &ListenerMetrics::batches);
  family("handshaked_listener_refused_batches_total",
         "Batches that senders were asked to send again: the store was full.",
         &ListenerMetrics::refused_full);
  family("handshaked_listener_duplicate_batches_total", "Batches that came again and were known.",
         &ListenerMetrics::duplicates);
  family("handshaked_listener_malformed_records_total", "Records that could not be read.",
         &ListenerMetrics::malformed);
  family("handshaked_listener_cut_lines_total", "Lines longer than the limit.",
         &ListenerMetrics::cut_lines);
  family("handshaked_listener_lost_datagrams_total", "Datagrams that the kernel dropped.",
         &ListenerMetrics::datagrams_lost);
  family("handshaked_listener_connections_total", "Connections accepted.",
         &ListenerMetrics::connections);
  family("handshaked_listener_refused_connections_total",
         "Connections refused: not allowed, or too many.", &ListenerMetrics::refused_connections);
  family("handshaked_listener_failed_connections_total",
         "Connections ended by what the sender did wrong.", &ListenerMetrics::failed_connections);
  family("handshaked_listener_open_connections", "Connections that are open now.",
         &ListenerMetrics::open_connections, true);
}

void write_engines(Exposition& out, const Metrics& metrics) {
  const auto each = [&](const auto& value) {
    for (const SourceMetrics& source : metrics.sources) {
      if (!source.engine) continue;
      if (const std::optional<double> read = value(*source.engine))
        out.sample(*read, {{"kind", source.kind}, {"source", visible_text(source.name)}});
    }
  };
  out.gauge(
      "handshaked_engine_lag_messages",
      "Messages that NATS or Kafka holds for a source and that were not read, as it said last.");
  each([](const EngineMetrics& engine) {
    return engine.waiting ? std::optional(number(*engine.waiting)) : std::nullopt;
  });
  out.counter("handshaked_engine_redelivered_messages_total",
              "Messages that came again, were known, and were not counted again.");
  each([](const EngineMetrics& engine) { return std::optional(number(engine.redelivered)); });
  out.counter("handshaked_engine_errors_total", "Failures of NATS or Kafka, or of the way there.");
  each([](const EngineMetrics& engine) { return std::optional(number(engine.errors)); });
}

std::vector<RuleMetrics> bounded(const std::vector<RuleMetrics>& rules) {
  if (rules.size() <= kMostRulesShown) return rules;
  std::vector<RuleMetrics> shown(rules.begin(), rules.begin() + kMostRulesShown);
  RuleMetrics others{.id = "(others)"};
  for (std::size_t i = kMostRulesShown; i < rules.size(); ++i) {
    others.matches += rules[i].matches;
    others.confirmations += rules[i].confirmations;
    others.seconds += rules[i].seconds;
  }
  shown.push_back(std::move(others));
  return shown;
}

void write_rules(Exposition& out, const Metrics& metrics) {
  out.gauge("handshaked_rules_loaded", "Rules in force.").sample(number(metrics.rules_loaded));
  out.gauge("handshaked_rules_last_load_timestamp_seconds",
            "When the rules in force were loaded, since 1970.")
      .sample(seconds_of(metrics.rules_loaded_at));
  out.gauge("handshaked_rules_last_reload_successful",
            "0 when the last reload was refused, and the rules from before stay in force.")
      .sample(metrics.is_last_reload_good ? 1 : 0);
  const std::vector<RuleMetrics> rules = bounded(metrics.rules);
  out.counter("handshaked_rule_matches_total", "Trusted lines that a rule recognised.");
  for (const RuleMetrics& rule : rules) out.sample(number(rule.matches), {{"rule", rule.id}});
  out.counter("handshaked_rule_confirmations_total", "How often the regex of a rule was asked.");
  for (const RuleMetrics& rule : rules) out.sample(number(rule.confirmations), {{"rule", rule.id}});
  out.counter("handshaked_rule_confirmation_seconds_total",
              "Time spent in the regex of a rule, estimated from every sixteenth use.");
  for (const RuleMetrics& rule : rules) out.sample(rule.seconds, {{"rule", rule.id}});
}

void write_incidents(Exposition& out, const Metrics& metrics) {
  const telemetry::IncidentMetrics& incidents = metrics.incidents;
  out.gauge(
      "handshaked_incidents",
      "Live incidents. Noise and faults that may pass by themselves have no severity that counts.");
  static constexpr const char* kSeverities[] = {"info", "warning", "critical"};
  for (std::size_t i = 0; i < incidents.open.size(); ++i)
    out.sample(number(incidents.open[i]), {{"status", "open"}, {"severity", kSeverities[i]}});
  out.sample(number(incidents.pending), {{"status", "pending"}, {"severity", "none"}});
  out.sample(number(incidents.noise), {{"status", "noise"}, {"severity", "none"}});
  out.gauge("handshaked_incidents_silenced",
            "Open incidents suppressed by a silence or a maintenance window.")
      .sample(number(incidents.silenced));
  out.counter("handshaked_incidents_opened_total", "Incidents that opened.")
      .sample(number(incidents.opened));
  out.counter("handshaked_incidents_reopened_total",
              "Incidents that came back soon after their end.")
      .sample(number(incidents.reopened));
  out.counter("handshaked_incidents_resolved_total", "Incidents that ended.")
      .sample(number(incidents.resolved));
  out.counter("handshaked_untrusted_lines_total",
              "Recognised lines that open no incident: a stranger may have written them.")
      .sample(number(incidents.untrusted_lines));
  out.counter("handshaked_overflow_lines_total",
              "Lines of places beyond max_incidents: counted only.")
      .sample(number(incidents.overflow_lines));
}

void write_receivers(Exposition& out, const Metrics& metrics) {
  const auto family = [&](const char* name, const char* help, bool is_gauge, const auto& value) {
    if (is_gauge) out.gauge(name, help);
    else out.counter(name, help);
    for (const ReceiverMetrics& receiver : metrics.receivers)
      out.sample(value(receiver), {{"receiver", receiver.name}});
  };
  using R = const ReceiverMetrics&;
  family("handshaked_events_queued_total", "Events queued for a receiver.", false,
         [](R r) { return number(r.queued); });
  family("handshaked_events_delivered_total", "Events that a receiver took.", false,
         [](R r) { return number(r.delivered); });
  family("handshaked_events_dead_total", "Events given up: refused, or not delivered in time.",
         false, [](R r) { return number(r.dead); });
  family("handshaked_delivery_failures_total", "Attempts that failed.", false,
         [](R r) { return number(r.failed_attempts); });
  family("handshaked_deliveries_under_way", "Attempts under way.", true,
         [](R r) { return number(r.under_way); });
  family("handshaked_outbox_events", "Events that wait for a receiver.", true,
         [](R r) { return number(r.waiting); });
  family("handshaked_outbox_oldest_timestamp_seconds",
         "When the oldest waiting event was queued, since 1970; 0: none waits.", true,
         [](R r) { return seconds_of(r.oldest_waiting); });
  family("handshaked_outbox_dead_events", "Dead letters that are kept.", true,
         [](R r) { return number(r.dead_letters); });
  family("handshaked_receiver_up",
         "0 while a receiver is taken for down, or has said that it is gone.", true,
         [](R r) { return r.is_disabled || r.circuit != "closed" ? 0.0 : 1.0; });
  family("handshaked_receiver_last_delivery_timestamp_seconds",
         "When a receiver last took an event, since 1970; 0: not yet.", true,
         [](R r) { return seconds_of(r.last_delivered_at); });
}

void write_store(Exposition& out, const Metrics& metrics) {
  const telemetry::StoreMetrics& store = metrics.store;
  out.histogram("handshaked_store_commit_duration_seconds",
                "How long a commit took, to the end of its fsync.", store.commit_seconds);
  out.counter("handshaked_store_failed_commits_total", "Commits that failed; they are tried again.")
      .sample(number(store.failed_commits));
  out.gauge("handshaked_store_last_commit_timestamp_seconds",
            "When a commit last succeeded, since 1970; 0: not yet.")
      .sample(seconds_of(store.last_commit_at));
  out.gauge("handshaked_store_waiting_bytes", "What waits in memory for a commit.")
      .sample(number(store.waiting_bytes));
  out.gauge("handshaked_store_up", "1 when the database answers and can be written.")
      .sample(store.answers && store.trouble.empty() ? 1 : 0);
  out.gauge("handshaked_queue_depth", "Batches that wait in a queue.");
  for (const telemetry::QueueMetrics& queue : metrics.queues)
    out.sample(number(queue.depth), {{"queue", queue.name}});
  out.gauge("handshaked_queue_capacity",
            "Batches that a queue holds; then its producers wait or refuse.");
  for (const telemetry::QueueMetrics& queue : metrics.queues)
    out.sample(number(queue.capacity), {{"queue", queue.name}});
}

/// Nothing where no edge was ever heard. Of a large fleet only those that need somebody have a
/// series of their own.
void write_fleet(Exposition& out, const Metrics& metrics) {
  using State = telemetry::EdgeMetrics::State;
  const telemetry::FleetMetrics& fleet = metrics.fleet;
  if (fleet.edges.empty()) return;
  out.gauge("handshaked_edges", "Daemons that report here, by state.");
  for (const State state : {State::healthy, State::behind, State::silent}) {
    const auto is_so = [state](const telemetry::EdgeMetrics& edge) { return edge.state == state; };
    out.sample(static_cast<double>(std::count_if(fleet.edges.begin(), fleet.edges.end(), is_so)),
               {{"state", std::string(to_string(state))}});
  }
  out.counter("handshaked_edge_events_total", "Events of edges, by what became of them.");
  out.sample(number(fleet.taken), {{"result", "taken"}})
      .sample(number(fleet.duplicates), {{"result", "duplicate"}});
  out.sample(number(fleet.outdated), {{"result", "outdated"}})
      .sample(number(fleet.refused), {{"result", "refused"}});
  const std::size_t shown = std::min(fleet.edges.size(), kMostEdgesShown);
  out.gauge("handshaked_edge_last_heard_timestamp_seconds",
            "When an edge was heard last, since 1970.");
  for (std::size_t i = 0; i < shown; ++i)
    out.sample(seconds_of(fleet.edges[i].heard_at), {{"edge", visible_text(fleet.edges[i].host)}});
  out.gauge("handshaked_edge_lag_seconds",
            "How long the oldest event has waited in an edge's outbox, as it said last.");
  for (std::size_t i = 0; i < shown; ++i)
    out.sample(number(fleet.edges[i].lag_seconds), {{"edge", visible_text(fleet.edges[i].host)}});
  out.gauge("handshaked_edge_silent", "1 while nothing is heard from an edge.");
  for (std::size_t i = 0; i < shown; ++i)
    out.sample(fleet.edges[i].state == State::silent ? 1 : 0,
               {{"edge", visible_text(fleet.edges[i].host)}});
}

/// Each worker tells what it knows of all partitions: one that has died cannot.
void write_group(Exposition& out, const telemetry::GroupMetrics& group) {
  if (group.name.empty()) return;
  const auto each = [&](const auto& value) {
    for (std::size_t partition = 0; partition < group.partitions.size(); ++partition) {
      if (const std::optional<double> read = value(group.partitions[partition]))
        out.sample(*read, {{"group", group.name}, {"partition", std::to_string(partition)}});
    }
  };
  using P = const telemetry::GroupMetrics::Partition&;
  out.gauge("handshaked_group_partition_owned",
            "1 while a worker that is alive has the partition.");
  each([](P partition) {
    return std::optional(partition.owner.empty() || partition.is_stale ? 0.0 : 1.0);
  });
  out.gauge("handshaked_group_partition_lag_messages",
            "Messages of a partition that were not read.");
  each([](P partition) {
    return partition.waiting ? std::optional(number(*partition.waiting)) : std::nullopt;
  });
  out.gauge("handshaked_group_workers", "Workers of the group, by what they do.");
  for (const char* const state : {"working", "waiting", "silent"}) {
    const auto is_so = [state](const telemetry::GroupMetrics::Worker& worker) {
      return std::string_view(state) == (worker.is_silent   ? "silent"
                                         : worker.partition ? "working"
                                                            : "waiting");
    };
    out.sample(
        static_cast<double>(std::count_if(group.workers.begin(), group.workers.end(), is_so)),
        {{"group", group.name}, {"state", state}});
  }
  out.gauge("handshaked_group_epoch",
            "The number under which this worker writes to the log of its partition.");
  if (group.partition)
    out.sample(number(group.epoch),
               {{"group", group.name}, {"partition", std::to_string(*group.partition)}});
  out.counter("handshaked_group_foreign_entries_total",
              "Messages in the log of its partition that no handshaked has written.");
  if (group.partition)
    out.sample(number(group.foreign),
               {{"group", group.name}, {"partition", std::to_string(*group.partition)}});
}

void write_diagnoses(Exposition& out, const Metrics& metrics) {
  const telemetry::DiagnosisMetrics& diagnosis = metrics.diagnosis;
  out.histogram("handshaked_diagnosis_duration_seconds", "How long a diagnosis took.",
                diagnosis.diagnosis_seconds);
  out.counter("handshaked_diagnoses_total",
              "Diagnoses, by whether they found more than the line says.");
  out.sample(number(diagnosis.found), {{"result", "found"}})
      .sample(number(diagnosis.nothing_found), {{"result", "nothing"}});
  out.histogram("handshaked_probe_round_duration_seconds",
                "How long a look at all peers of an incident took.", diagnosis.probe_round_seconds);
  out.counter("handshaked_probe_rounds_total",
              "Looks at the peers of an incident, by whether all of them passed.");
  out.sample(number(diagnosis.rounds_passed), {{"result", "passed"}})
      .sample(number(diagnosis.rounds_failed), {{"result", "failed"}});
  out.counter("handshaked_probe_handshakes_total", "Handshakes made with peers.")
      .sample(number(diagnosis.handshakes));
}

}  // namespace

std::string metrics_text(const Metrics& metrics) {
  Exposition out;
  write_process(out, metrics);
  write_sources(out, metrics);
  write_listeners(out, metrics);
  write_engines(out, metrics);
  write_rules(out, metrics);
  write_incidents(out, metrics);
  write_receivers(out, metrics);
  write_store(out, metrics);
  write_diagnoses(out, metrics);
  write_fleet(out, metrics);
  write_group(out, metrics.group);
  return out.text();
}

}  // namespace handshaked::web
