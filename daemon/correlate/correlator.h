#pragma once

#include <boost/intrusive/set.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/owned_table.h"
#include "base/shared.h"
#include "correlate/failure_fold.h"
#include "correlate/fleet/fleet.h"
#include "correlate/incident.h"
#include "correlate/incident_index.h"
#include "correlate/sample_lines.h"

namespace handshaked::correlate {

/// A fault that no line tells of: it is yet to come, or no request has met it. A value.
struct ForeseenFault {
  std::string rule_id;  ///< "handshaked/will-break"
  std::string key;   ///< with the rule it makes the fingerprint: "2027-01-05 server_cert_expired"
  std::string host;  ///< whose it is
  std::string title, title_zh;
  match::Severity severity = match::Severity::info;
  Place place;
  std::vector<std::string> servers;
  std::optional<Time> at;  ///< see Foreseen
  std::uint32_t step = 0;
  bool fails = false;    ///< see Foreseen
  bool may_open = true;  ///< false: it keeps open what is open already
  std::shared_ptr<const DiagnosisNote> note;
};

struct CorrelatorOptions {
  std::string host;                   ///< of lines whose envelope names none
  std::uint64_t transport_lines = 5;  ///< a transport fault opens after so many lines …
  Duration transport_window = std::chrono::minutes(2);  ///< … that span at least this long
  Duration quiet_least =
      std::chrono::minutes(15);  ///< resolved after this long without a line, at least …
  double quiet_rhythm = 10;      ///< … and so many times the mean distance of its lines
  Duration reopen_within =
      std::chrono::hours(1);  ///< what comes back so soon after its end is reopened, not new
  Duration flapping_quiet_most =
      std::chrono::hours(6);           ///< each return doubles the quiet that it takes, up to this
  std::uint32_t flapping_reopens = 2;  ///< it is called flapping from so many returns on
  std::uint32_t probe_rounds = 3;      ///< passed in a row, without a fresh line: resolved
  Duration longest_gap{};  ///< no call of advance() for longer: the host slept, or the clock was
                           ///< set; zero: never mind
  Duration hold{};  ///< after such a gap, and after a restart, nothing is called quiet for so long:
                    ///< its lines may be on their way
  std::size_t max_incidents =
      100'000;  ///< live ones and those that may reopen; more are counted, not kept
  /// Of what edges tell, another hears the rest: a partition of a group. What has become another
  /// fault there may be another's, then.
  bool hears_a_part = false;
  bool tells_silence = true;  ///< false: the partition of fingerprint_of_silence() does
};

/// Of the incident that edges are silent.
std::string fingerprint_of_silence();

/// What the rest of the daemon has to do about an incident: store it, in every case.
struct IncidentChange {
  enum class What : std::uint8_t {
    changed,    ///< grew, got a note, …
    opened,     ///< is an incident from now on: a diagnosis is wanted
    reopened,   ///< came back soon after its end: a diagnosis is wanted
    diagnosed,  ///< a diagnosis arrived, or another one in its place
    quiet,  ///< no line for as long as would end it, and no probe has passed: to be asked again,
            ///< see note_unprobed()
    resolved,
  };
  What what;
  const Incident* incident;  ///< valid until the next call of the correlator
};

/// Turns folded failures into incidents and leads each through its life: pending, open, diagnosed,
/// resolved, reopened, flapping. Who is told of it and when is not decided here (notify/). Pure:
/// time is an argument, so that a replay of a log gives the same incidents with the same ids. Not
/// shared between threads.
class Correlator {
 public:
  explicit Correlator(CorrelatorOptions options);
  ~Correlator();

  /// An incident that was open when the daemon stopped, or had ended so recently that it may
  /// reopen.
  void restore(Incident incident);

  /// Takes in what a reader found. `now` is the clock when live, the newest time of the log in a
  /// replay.
  void absorb(const FailureBatch& batch, Time now);

  /// Joins what another daemon says of its host: one fault is one incident, on however many hosts;
  /// it ends when it has ended on all of them. `rule`: the event's rule as it is here; nullptr: it
  /// is not known here, and speaks for itself.
  Fleet::Verdict absorb(const receive::EdgeReport& report, const match::Rule* rule, Time now);
  /// What edges had told before a restart. After all restore().
  void restore_edges(std::vector<Edge> edges, Time now);
  const Fleet& fleet() const { return fleet_; }

  /// What is known to be coming, though no line tells of it (foresight.cpp). Each call says all
  /// that is foreseen: an incident is opened or kept for each. `is_whole`: those that were foreseen
  /// before and are not among them are over.
  void foresee(const std::vector<ForeseenFault>& faults, bool is_whole, Time now);
  /// Hosts of edges, and their states to be stored with the changes of advance(); empty: nothing is
  /// to be kept any more.
  std::vector<std::pair<std::string, std::string>> take_changed_edges() {
    return fleet_.take_changed();
  }

  /// Does what is due at `now`, and hands over everything that has changed since the last call, by
  /// opening time.
  std::vector<IncidentChange> advance(Time now);

  /// When `advance` should be called again even if nothing happens.
  std::optional<Time> next_deadline() const;

  // ---- the diagnosis. False or not_found: there is no such live incident (any more).

  /// A diagnosis is under way: the first notification waits for it, at most until `until`.
  bool expect_diagnosis(std::string_view incident_id, Time until);
  /// It could not be found out: nobody needs to wait any longer.
  bool give_up_diagnosis(std::string_view incident_id);
  /// Ends the wait. Fails with not_found, or with limit_exceeded for texts that are too long.
  Result<> attach_diagnosis(std::string_view incident_id, std::shared_ptr<const DiagnosisNote> note,
                            Time now);
  /// All peers of the place were probed. A failure keeps the incident open, and opens a pending
  /// transport fault.
  bool note_probes(std::string_view incident_id, const ProbeRound& round, Time now);
  /// Rounds of probes will come: quiet ends it only when the last one passed.
  bool expect_probes(std::string_view incident_id);
  /// Nobody can look (any more): what a probe has seen once does not hold it open for ever. Quiet
  /// ends it.
  bool note_unprobed(std::string_view incident_id);

  // ---- an operator's hand

  /// Ends it. It reopens like any other if its lines go on.
  bool resolve_by_hand(std::string_view incident_id, const std::string& author,
                       const std::string& text, Time now);
  bool add_note(std::string_view incident_id, OperatorNote note);

  // ---- what there is

  /// nullptr when it is not live. Valid until the next call that changes something.
  const Incident* find(std::string_view incident_id) const;
  const Incident* find_by_fingerprint(std::string_view fingerprint) const;
  /// All live incidents, by severity, then first seen.
  std::vector<const Incident*> incidents() const;
  std::size_t live() const { return live_.size(); }
  /// How many incidents wait for a deadline: each once. For tests.
  std::size_t planned() const { return deadlines_.size(); }

  struct Counters {
    std::uint64_t untrusted = 0;
    std::uint64_t overflow = 0;
    std::uint64_t opened = 0;
    std::uint64_t reopened = 0;
    std::uint64_t resolved = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  /// Its place in deadlines_, which it leaves when it goes.
  using DeadlineHook =
      boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>,
                                      boost::intrusive::optimize_size<true>>;
  /// A live incident with the correlator's own notes on it. Its address is stable.
  struct Live : DeadlineHook {
    Incident incident;
    Time planned{};      ///< its deadline, while it is in deadlines_
    Time asked_until{};  ///< it was quiet, and is not asked about again before
    match::Severity rule_severity = match::Severity::info;
    IncidentChange::What news = IncidentChange::What::changed;
    bool is_probed =
        false;  ///< somebody looks whether it is over: rounds come, and quiet alone proves nothing
    bool is_changed = false;  ///< it is in changed_
  };
  /// With so many incidents a new one keeps less of its text: many places cost memory, and nobody
  /// reads all of them.
  static constexpr std::size_t kCrowd = 5'000;
  using Owned = std::unique_ptr<Live>;
  struct EarlierDeadline {
    bool operator()(const Live& a, const Live& b) const;
  };
  struct PrintOf {
    const Fingerprint& operator()(const Live& live) const { return live.incident.fingerprint; }
  };
  using Table = OwnedTable<Live, PrintOf>;
  struct ById {
    using is_transparent = void;
    static const IncidentId& of(const Live* live) { return live->incident.id; }
    static const IncidentId& of(const IncidentId& id) { return id; }
    std::size_t operator()(const auto& one) const { return of(one).hash(); }
    bool operator()(const auto& left, const auto& right) const { return of(left) == of(right); }
  };

  // correlator.cpp: lines become incidents
  void absorb_failure(const FoldedFailure& folded, const FailureBatch& batch, Time now);
  Live* find_or_create(const FoldedFailure& folded, const FailureBatch& batch, Time now);
  static void turn_into_consequence(Incident& incident);
  Live* adopt_consequence(const FoldedFailure& folded, const std::string& print);
  Live* revive(const std::string& print, const FoldedFailure& folded, Time now);
  Live& bring_back(const std::string& print, match::Severity rule_severity);
  Live& create(const FoldedFailure& folded, const std::string& print, const FailureBatch& batch);
  void grow(Live& live, const FoldedFailure& folded, const FailureBatch& batch, Time now);
  Live* find_cause_of(const FoldedFailure& consequence);
  void join_consequence(Live& cause, const FoldedFailure& folded, Time now);
  void index(const Incident& incident);
  void share_texts(Incident& incident);

  // fleet_join.cpp: what edges report
  void join(const receive::EdgeEvent& event, const match::Rule* rule, const std::string& host,
            std::uint64_t more_lines, Time now);
  Live* find_or_create(const receive::EdgeEvent& event, const match::Rule* rule,
                       const std::string& host, Time now);
  void merge(Live& live, const receive::EdgeEvent& event, std::uint64_t more_lines, Time now);
  void take_diagnosis(Live& live, const receive::EdgeEvent& event, Time now);
  void end_merged(const std::string& left, Time now);
  void follow_to_cause(const std::string& left, const receive::EdgeEvent& event,
                       const match::Rule* rule, Time now);
  void spread(Live& live, Time now);
  void end_if_over(Live& live, const std::string& by, Time now);
  void note_silence(const std::string& host, bool is_silent, Time now);
  void look_at_edges(Time now);

  // foresight.cpp: what no line tells of
  Live* find_or_create(const ForeseenFault& fault, const std::string& print, Time now);

  // incident_life.cpp: what becomes of them
  void open_if_due(Live& live, Time now);
  void open(Live& live, Time now);
  void reconsider(Live& live, Time now);
  Duration quiet_needed(const Incident& incident) const;
  Time quiet_until(const Incident& incident) const;
  void end_quiet(Live& live, Time now);
  void touch(Live& live, IncidentChange::What news = IncidentChange::What::changed);
  void plan(Live& live, Time due);
  void resolve(Live& live, std::string by, Time now);
  void forget_reopenable(Time now);
  void shelve(Owned owned);
  void look_at_clock(Time now);
  void join_cause(Live& live);
  Live* live_by_id(std::string_view incident_id);

  CorrelatorOptions options_;
  std::optional<Time> watched_since_;  ///< the first time that we know of
  std::optional<Time> last_now_;       ///< of the last advance()
  Time held_until_{};                  ///< nothing is called quiet before
  SharedPool<std::string> texts_;      ///< what incidents have alike, once
  SharedPool<std::vector<std::string>> lists_;
  LinePacker packer_;  ///< of sample lines, where there are very many
  Table live_;         ///< by fingerprint
  boost::unordered_flat_set<Live*, ById, ById> by_id_;  ///< the same, by id
  Table reopenable_;                                    ///< ended recently, by fingerprint
  std::deque<std::pair<Time, Fingerprint>>
      reopenable_order_;          ///< when they ended, and their fingerprints
  std::vector<Owned> discarded_;  ///< ended for good; kept until the next advance()
  IncidentIndex causes_;          ///< upstream faults, for consequences that look for theirs
  IncidentIndex consequences_;    ///< consequences that stand alone, for causes that come later
  std::vector<Live*> changed_;
  /// When to look at one again, once each; may be too early.
  boost::intrusive::set<Live, boost::intrusive::compare<EarlierDeadline>,
                        boost::intrusive::constant_time_size<false>>
      deadlines_;
  Counters counters_;
  Fleet fleet_;
};

}  // namespace handshaked::correlate
