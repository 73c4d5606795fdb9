#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "telemetry/histogram.h"

namespace handshaked::telemetry {

// How the daemon is, in numbers: one snapshot, from which /metrics, `status` and the page are made.
// Plain values. Counts are since the start of the process. Names come from the configuration, never
// from a line of a log.

/// What this process takes of the machine (proc(5): self/statm, self/fd; getrusage(2),
/// getrlimit(2)). 0 where the system does not say.
struct ProcessMetrics {
  std::uint64_t resident_bytes = 0, virtual_bytes = 0;
  double cpu_seconds = 0;
  std::size_t open_descriptors = 0, most_descriptors = 0;
};
ProcessMetrics read_process_figures();

/// Of a source that listens.
struct ListenerMetrics {
  std::uint64_t batches = 0, malformed = 0, without_host = 0, duplicates = 0, refused_full = 0,
                datagrams_lost = 0, cut_lines = 0;
  std::uint64_t connections = 0, open_connections = 0, refused_connections = 0,
                failed_connections = 0;
};

/// Of a source that reads from an engine: NATS, Kafka.
struct EngineMetrics {
  std::string partitions = {};  ///< that it reads now
  std::string trouble = {};     ///< why nothing comes; empty: nothing is wrong
  std::optional<std::uint64_t> waiting =
      {};  ///< messages that the engine holds and we have not read
  std::uint64_t redelivered = 0, errors = 0;
};

struct SourceMetrics {
  enum class State {
    starting,
    open,
    waiting,
    unreadable
  };                      ///< waiting: nothing is at its path yet
  std::string kind = {};  ///< the section of the configuration: "files", "syslog", "journal", …
  std::string name;       ///< a file's path; else the configured name
  State state = State::open;
  std::uint64_t bytes = 0, lines = 0;     ///< read
  std::uint64_t candidates = 0;           ///< lines that the gate let pass
  std::uint64_t matched = 0;              ///< recognised
  std::uint64_t untrusted = 0;            ///< of these: a stranger may have written them
  std::optional<Time> last_line_at = {};  ///< when something was last read
  // Of files only.
  std::optional<std::uint64_t> position = {};   ///< up to which the newest file was read
  std::optional<std::uint64_t> lag_bytes = {};  ///< that are there and were not read
  double lag_seconds = 0;                       ///< since when there have been some, about
  std::optional<ListenerMetrics> listener = {};
  std::optional<EngineMetrics> engine = {};
};
std::string_view to_string(SourceMetrics::State state);

/// A rule that has recognised lines, or was tried on some.
struct RuleMetrics {
  std::string id;
  std::uint64_t matches = 0;        ///< trusted lines
  std::uint64_t confirmations = 0;  ///< how often its regex was asked
  double seconds = 0;               ///< that this took, estimated from every sixteenth
};

struct IncidentMetrics {
  std::array<std::size_t, 3> open{};  ///< told, by severity: info, warning, critical
  std::size_t pending = 0, noise = 0, silenced = 0;
  std::uint64_t opened = 0, reopened = 0, resolved = 0;
  std::uint64_t untrusted_lines = 0, overflow_lines = 0;
};

struct ReceiverMetrics {
  std::string name;
  std::string circuit;  ///< "closed", "open" or "probing"
  bool is_disabled = false;
  std::size_t under_way = 0;
  std::uint64_t queued = 0, delivered = 0, failed_attempts = 0, dead = 0;
  std::optional<Time> last_delivered_at = {};
  std::string last_failure = {};
  // As the database has them, when it was last asked.
  std::int64_t waiting = 0, dead_letters = 0, kept_delivered = 0, kept_discarded = 0;
  std::optional<Time> oldest_waiting = {};
};

struct StoreMetrics {
  HistogramMetrics commit_seconds = {};  ///< of commits that succeeded
  std::uint64_t failed_commits = 0;
  std::optional<Time> last_commit_at = {};
  std::size_t waiting_bytes = 0;  ///< in memory, for a commit
  bool answers = true;            ///< a question was answered in time
  std::string trouble = {};       ///< why it cannot be written; empty: it can
};

struct QueueMetrics {
  std::string name;
  std::size_t depth = 0, capacity = 0;
};

struct DiagnosisMetrics {
  HistogramMetrics diagnosis_seconds = {}, probe_round_seconds = {};
  std::uint64_t found = 0,
                nothing_found =
                    0;  ///< diagnoses that came to a cause, or to no more than the line says
  std::uint64_t rounds_passed = 0, rounds_failed = 0;
  std::uint64_t handshakes = 0;  ///< made with peers
};

/// Of a daemon that reports here.
struct EdgeMetrics {
  enum class State {
    healthy,
    behind,
    silent
  };  ///< behind: events have waited in its outbox for a minute
  std::string host, version;
  State state = State::healthy;
  Time heard_at{};
  std::optional<Time> silent_since = {};
  std::uint64_t waiting = 0, lag_seconds = 0;  ///< of its outbox, as it said last
  std::size_t open_faults = 0;
};
std::string_view to_string(EdgeMetrics::State state);

struct FleetMetrics {
  std::vector<EdgeMetrics> edges =
      {};  ///< silent ones first, then those that are behind, then by name
  std::uint64_t taken = 0, duplicates = 0, outdated = 0, refused = 0;  ///< events
};

/// Of the group of workers that this one belongs to.
struct GroupMetrics {
  struct Partition {
    std::string owner = {};          ///< empty: no worker has it
    bool is_stale = false;           ///< its owner has not been heard for longer than a lease
    std::optional<Time> since = {};  ///< by the owner's clock
    std::optional<std::uint64_t> waiting =
        {};  ///< messages that were not read; nothing: nobody has read it yet
  };
  struct Worker {
    std::string name, version;
    std::optional<std::uint32_t> partition = {};  ///< nothing: it waits for one
    Time heard_at{};
    bool is_silent = false;  ///< for longer than a lease
  };

  std::string name = {};                        ///< empty: there is no group
  std::vector<Partition> partitions = {};       ///< by number
  std::vector<Worker> workers = {};             ///< by name
  std::string worker = {};                      ///< this one
  std::optional<std::uint32_t> partition = {};  ///< that it has
  std::uint64_t epoch = 0, last_entry = 0;      ///< of its log
  std::uint64_t foreign = 0;  ///< entries of that log that nobody of us has written
  std::string trouble = {};   ///< why the engine could not be asked; what is here may be old then
};

struct Metrics {
  std::string version = {}, host = {};
  Time now{}, started_at{};
  ProcessMetrics process = {};
  bool has_looked_at_sources = false;  ///< each log was opened, or is waited for
  std::vector<SourceMetrics> sources = {};
  std::size_t rules_loaded = 0;
  Time rules_loaded_at{};
  bool is_last_reload_good = true;
  std::vector<RuleMetrics> rules = {};  ///< the most matches first
  IncidentMetrics incidents = {};
  std::vector<ReceiverMetrics> receivers = {};
  StoreMetrics store = {};
  std::vector<QueueMetrics> queues = {};
  DiagnosisMetrics diagnosis = {};
  FleetMetrics fleet = {};
  GroupMetrics group = {};
};

/// Why the daemon does not do what it is for: a sentence each; empty when it does. A log that is
/// not there yet is none.
std::vector<std::string> why_not_ready(const Metrics& figures);

}  // namespace handshaked::telemetry
