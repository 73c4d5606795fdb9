#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "correlate/failure_fold.h"
#include "correlate/incident.h"

namespace handshaked::correlate {

struct CorrelatorOptions {
  std::string host;                                     ///< of lines whose envelope names none
  Duration group_wait = std::chrono::seconds(10);       ///< before the first notification; critical ones do not wait
  std::uint64_t transport_lines = 5;                    ///< a transport fault opens after so many lines …
  Duration transport_window = std::chrono::minutes(2);  ///< … that span at least this long
  Duration quiet_least = std::chrono::minutes(15);      ///< resolved after this long without a line, at least …
  double quiet_rhythm = 10;                             ///< … and so many times the mean distance of its lines
  std::size_t max_incidents = 10000;                    ///< live ones; more are counted, not kept
};

/// What the rest of the daemon has to do about an incident.
struct IncidentChange {
  enum class What : std::uint8_t {
    changed,   ///< store it
    notify,    ///< store it, and tell receivers that it opened
    resolved,  ///< store it, and tell receivers who heard of it
  };
  What what;
  const Incident* incident;  ///< valid until the next call of the correlator
};

/// Turns folded failures into incidents and decides when each is worth a word. Pure: time is an argument, so that a replay of
/// a log gives the same incidents with the same ids. Not shared between threads.
class Correlator {
 public:
  explicit Correlator(CorrelatorOptions options) : options_(std::move(options)) {}

  /// An incident that was open when the daemon stopped.
  void restore(Incident incident);

  /// Takes in what a reader found. `now` is the clock when live, the newest time of the log in a replay.
  void absorb(const FailureBatch& batch, Time now);

  /// Does what is due at `now`, and hands over everything that has changed since the last call.
  std::vector<IncidentChange> advance(Time now);

  /// When `advance` should be called again even if nothing happens.
  std::optional<Time> next_deadline() const;

  /// All live incidents, by severity, then first seen.
  std::vector<const Incident*> incidents() const;
  std::size_t live() const { return by_fingerprint_.size(); }
  /// How many incidents wait for a deadline: each once. For tests.
  std::size_t planned() const { return deadlines_.size(); }

  struct Counters {
    std::uint64_t untrusted = 0;
    std::uint64_t overflow = 0;
    std::uint64_t opened = 0;
    std::uint64_t resolved = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  void absorb_failure(const FoldedFailure& folded, const FailureBatch& batch, Time now);
  Incident* find_cause_of(const FoldedFailure& consequence);
  void join_consequence(Incident& cause, const FoldedFailure& folded, Time now);
  Incident& create(const FoldedFailure& folded, const std::string& print, const FailureBatch& batch);
  void grow(Incident& incident, const FoldedFailure& folded, Time now);
  void open_if_due(Incident& incident, Time now);
  Time quiet_until(const Incident& incident) const;
  Time due_at(const Incident& incident) const;
  void touch(const Incident& incident);
  void plan(const Incident& incident, Time due);
  void index(const Incident& incident);
  void resolve(const std::string& print, Time now);

  CorrelatorOptions options_;
  std::map<std::string, Incident, std::less<>> by_fingerprint_;
  std::unordered_map<std::string, std::string> newest_by_server_;  ///< server -> fingerprint of its newest upstream fault
  std::unordered_map<std::string, std::string> newest_by_peer_;
  std::set<std::string> changed_;                     ///< fingerprints that advance() has to report
  std::set<std::pair<Time, std::string>> deadlines_;  ///< when to look at an incident again, once each; may be too early
  std::unordered_map<std::string, Time> planned_;     ///< fingerprint -> its entry in deadlines_
  std::vector<Incident> finished_;                    ///< resolved ones that advance() has just reported
  Counters counters_;
};

}  // namespace handshaked::correlate
