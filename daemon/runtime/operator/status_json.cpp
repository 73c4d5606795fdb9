#include "runtime/operator/status_json.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "base/json/json_writer.h"
#include "parse/time_zone.h"

namespace handshaked::runtime {
namespace {

using telemetry::Metrics;
using telemetry::SourceMetrics;

constexpr std::size_t kMostSources = 200;
constexpr std::size_t kMostRules = 50;
constexpr std::size_t kMostEdges = 500;

double rounded(double seconds) { return std::round(seconds * 1e6) / 1e6; }

void time_member(JsonWriter& json, std::string_view name, const std::optional<Time>& time) {
  if (time) json.member(name, parse::format_rfc3339(*time));
}

void write_incidents(JsonWriter& json, const telemetry::IncidentMetrics& incidents) {
  json.key("incidents")
      .begin_object()
      .member("critical", incidents.open[2])
      .member("warning", incidents.open[1]);
  json.member("info", incidents.open[0])
      .member("pending", incidents.pending)
      .member("noise", incidents.noise);
  json.member("silenced", incidents.silenced).member("opened_since_start", incidents.opened);
  json.member("untrusted_lines", incidents.untrusted_lines)
      .member("overflow_lines", incidents.overflow_lines)
      .end_object();
}

void write_sources(JsonWriter& json, const Metrics& figures) {
  json.key("sources").begin_array();
  for (std::size_t i = 0; i < std::min(kMostSources, figures.sources.size()); ++i) {
    const SourceMetrics& source = figures.sources[i];
    json.begin_object()
        .member("kind", source.kind)
        .member("name", source.name)
        .member("state", to_string(source.state));
    json.member("bytes", source.bytes)
        .member("lines", source.lines)
        .member("candidates", source.candidates);
    json.member("matched", source.matched).member("untrusted", source.untrusted);
    if (source.position) json.member("position", *source.position);
    if (source.lag_bytes)
      json.member("lag_bytes", *source.lag_bytes)
          .member("lag_seconds", rounded(source.lag_seconds));
    time_member(json, "last_line_at", source.last_line_at);
    if (source.listener) {
      json.member("open_connections", source.listener->open_connections)
          .member("connections", source.listener->connections);
      json.member("refused_connections", source.listener->refused_connections);
      json.member("refused_batches", source.listener->refused_full)
          .member("malformed", source.listener->malformed);
    }
    if (source.engine) {
      json.key("engine").begin_object().optional_member("reads", source.engine->partitions);
      json.optional_member("trouble", source.engine->trouble);
      if (source.engine->waiting) json.member("waiting", *source.engine->waiting);
      json.member("redelivered", source.engine->redelivered)
          .member("errors", source.engine->errors)
          .end_object();
    }
    json.end_object();
  }
  json.end_array();
}

void write_rules(JsonWriter& json, const Metrics& figures) {
  json.key("rule_use").begin_array();
  for (std::size_t i = 0; i < std::min(kMostRules, figures.rules.size()); ++i) {
    const telemetry::RuleMetrics& rule = figures.rules[i];
    json.begin_object()
        .member("id", rule.id)
        .member("matches", rule.matches)
        .member("confirmations", rule.confirmations);
    json.member("seconds", rounded(rule.seconds)).end_object();
  }
  json.end_array();
}

void write_receivers(JsonWriter& json, const Metrics& figures) {
  json.key("receivers").begin_array();
  for (const telemetry::ReceiverMetrics& receiver : figures.receivers) {
    json.begin_object()
        .member("name", receiver.name)
        .member("circuit", receiver.circuit)
        .member("disabled", receiver.is_disabled);
    json.member("under_way", receiver.under_way)
        .optional_member("last_failure", receiver.last_failure);
    json.member("failed_attempts", receiver.failed_attempts);
    json.member("waiting", receiver.waiting)
        .member("delivered", receiver.kept_delivered)
        .member("dead", receiver.dead_letters);
    json.member("discarded", receiver.kept_discarded);
    time_member(json, "oldest_waiting", receiver.oldest_waiting);
    time_member(json, "last_delivered_at", receiver.last_delivered_at);
    json.end_object();
  }
  json.end_array();
}

/// Nothing where no edge was ever heard.
void write_fleet(JsonWriter& json, const Metrics& figures) {
  const telemetry::FleetMetrics& fleet = figures.fleet;
  if (fleet.edges.empty()) return;
  const auto count = [&fleet](telemetry::EdgeMetrics::State state) {
    return std::count_if(fleet.edges.begin(), fleet.edges.end(),
                         [state](const auto& edge) { return edge.state == state; });
  };
  json.key("fleet").begin_object();
  for (const auto state :
       {telemetry::EdgeMetrics::State::healthy, telemetry::EdgeMetrics::State::behind,
        telemetry::EdgeMetrics::State::silent})
    json.member(to_string(state), count(state));
  json.member("events", fleet.taken)
      .member("duplicates", fleet.duplicates)
      .member("outdated", fleet.outdated);
  json.member("refused", fleet.refused).key("edges").begin_array();
  for (std::size_t i = 0; i < std::min(kMostEdges, fleet.edges.size()); ++i) {
    const telemetry::EdgeMetrics& edge = fleet.edges[i];
    json.begin_object()
        .member("host", edge.host)
        .member("version", edge.version)
        .member("state", to_string(edge.state));
    json.member("heard_at", parse::format_rfc3339(edge.heard_at));
    time_member(json, "silent_since", edge.silent_since);
    json.member("waiting", edge.waiting)
        .member("lag_seconds", edge.lag_seconds)
        .member("open_faults", edge.open_faults)
        .end_object();
  }
  json.end_array().end_object();
}

void write_group(JsonWriter& json, const telemetry::GroupMetrics& group) {
  json.begin_object().member("name", group.name).optional_member("worker", group.worker);
  if (group.partition) {
    json.member("partition", *group.partition)
        .member("epoch", group.epoch)
        .member("last_entry", group.last_entry);
    json.member("foreign_entries", group.foreign);
  }
  json.optional_member("trouble", group.trouble).key("partitions").begin_array();
  for (std::size_t number = 0; number < group.partitions.size(); ++number) {
    const telemetry::GroupMetrics::Partition& partition = group.partitions[number];
    json.begin_object().member("number", number);
    json.member("state", partition.owner.empty() ? "free" : partition.is_stale ? "stale" : "owned");
    json.optional_member("owner", partition.owner);
    time_member(json, "since", partition.since);
    if (partition.waiting) json.member("waiting", *partition.waiting);
    json.end_object();
  }
  json.end_array().key("workers").begin_array();
  for (const telemetry::GroupMetrics::Worker& worker : group.workers) {
    json.begin_object().member("name", worker.name).member("version", worker.version);
    json.member("state", worker.is_silent ? "silent" : worker.partition ? "working" : "waiting");
    if (worker.partition) json.member("partition", *worker.partition);
    time_member(json, "heard_at", worker.heard_at);
    json.end_object();
  }
  json.end_array().end_object();
}

void write_store(JsonWriter& json, const Metrics& figures) {
  const telemetry::StoreMetrics& store = figures.store;
  json.key("store")
      .begin_object()
      .member("answers", store.answers)
      .optional_member("trouble", store.trouble);
  json.member("commits", store.commit_seconds.count())
      .member("commit_seconds", rounded(store.commit_seconds.sum));
  json.member("failed_commits", store.failed_commits).member("waiting_bytes", store.waiting_bytes);
  time_member(json, "last_commit_at", store.last_commit_at);
  json.end_object().key("queues").begin_array();
  for (const telemetry::QueueMetrics& queue : figures.queues) {
    json.begin_object()
        .member("name", queue.name)
        .member("depth", queue.depth)
        .member("capacity", queue.capacity)
        .end_object();
  }
  json.end_array();
}

}  // namespace

std::string group_json(const telemetry::GroupMetrics& group) {
  std::string out;
  JsonWriter json(out);
  write_group(json, group);
  return out;
}

std::string status_json(const Metrics& figures, std::size_t active_silences) {
  std::string out;
  JsonWriter json(out);
  const auto files = std::count_if(figures.sources.begin(), figures.sources.end(),
                                   [](const auto& source) { return !source.listener; });
  const std::vector<std::string> reasons = telemetry::why_not_ready(figures);
  json.begin_object()
      .member("version", figures.version)
      .member("pid", getpid())
      .member("host", figures.host);
  json.key("libraries").begin_object().member("openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
  json.member("sqlite", SQLite::getLibVersion()).end_object();
  json.member("started_at", parse::format_rfc3339(figures.started_at));
  json.member("uptime_seconds", (figures.now - figures.started_at) / std::chrono::seconds(1));
  json.member("memory_bytes", figures.process.resident_bytes)
      .member("cpu_seconds", rounded(figures.process.cpu_seconds));
  json.member("ready", reasons.empty()).array("not_ready_because", reasons);
  json.member("logs", files).member("rules", figures.rules_loaded);
  json.member("rules_loaded_at", parse::format_rfc3339(figures.rules_loaded_at))
      .member("last_reload_good", figures.is_last_reload_good);
  write_incidents(json, figures.incidents);
  json.member("active_silences", active_silences);
  write_receivers(json, figures);
  write_sources(json, figures);
  write_fleet(json, figures);
  if (!figures.group.name.empty()) write_group(json.key("group"), figures.group);
  write_rules(json, figures);
  write_store(json, figures);
  json.end_object();
  return out;
}

}  // namespace handshaked::runtime
