#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/boxed.h"
#include "base/clock.h"
#include "base/optional_time.h"
#include "base/result.h"
#include "base/shared.h"
#include "correlate/client_sketch.h"
#include "correlate/diagnosis_note.h"
#include "correlate/failure_window.h"
#include "correlate/fleet/fleet_spread.h"
#include "correlate/incident_key.h"
#include "correlate/noise_history.h"
#include "correlate/sample_lines.h"
#include "match/rule.h"

namespace handshaked::correlate {

enum class Status : std::uint8_t {
  pending,  ///< seen, but not (or not again) an incident: a transport fault that may pass by itself
  open,
  resolved,
};
std::string_view to_string(Status status);

/// Of an incident that no line tells of.
struct Foreseen {
  OptionalTime at;         ///< when it begins to fail; none: it fails now, or something has changed
  std::uint32_t step = 0;  ///< how near it has come: each step is told
  bool fails = false;      ///< now, though no line tells of it yet
};

/// What followed from the fault and was joined to it.
struct Consequence {
  std::string rule_id;
  std::string title;
  std::uint64_t count = 0;
  Time last_seen_at{};
};

/// What an operator wrote down about an incident.
struct OperatorNote {
  Time at{};
  std::string author;
  std::string text;
};

/// All matches of one fault at one place. A value: the correlator owns the live ones, the store
/// keeps their text. Bounded: lists are cut, clients are estimated. Small: there may be a hundred
/// thousand, so what many have alike is shared, and what few have is kept elsewhere
/// (tests/unit/correlate/incident_memory_test.cpp holds it to that).
struct Incident {
  static constexpr std::size_t kMaxSamples = 3;
  static constexpr std::size_t kMaxHosts = 64;
  static constexpr std::size_t kMaxServers = 32;
  static constexpr std::size_t kMaxNotes = 20;
  static constexpr std::size_t kMaxEarlierFingerprints = 4;
  static constexpr std::size_t kMaxNoteBytes = 2000;

  // What is small stands together: holes between members would be kept a hundred thousand times.
  Status status = Status::pending;
  match::Severity severity = match::Severity::info;
  match::Kind kind = match::Kind::fault;
  bool noise = false;         ///< normally scanners: recorded, told only when it is anomalous
  bool was_open = false;      ///< it has been open before: now pending, it may pass without a word
  bool history = false;       ///< of a backlog, and over before we came: recorded, never told
  bool late = false;          ///< all of it was written while the daemon was down
  bool flapping = false;      ///< it comes and goes: ends only after a longer and longer quiet
  std::uint32_t reopens = 0;  ///< how often it came back soon after its end
  std::uint32_t diagnoses = 0;      ///< how often a cause was found, or another one
  std::uint32_t passed_rounds = 0;  ///< of probes, in a row

  IncidentId id;  ///< "inc-" and 16 hexadecimal digits: from the fingerprint and where it opened
  Fingerprint fingerprint;
  SharedText parent_id;       ///< the oldest open incident of the same root cause
  OptionalTime anomalous_at;  ///< when noise was last far above its own history, from many networks

  SharedText rule_id, title, title_zh, url;
  SharedText likeliest_cause;  ///< of the line alone; a diagnosis knows better
  double likelihood = 0;
  Place place;

  Time opened_at{}, last_seen_at{};
  OptionalTime resolved_at;
  /// "quiet": no line for long, by the fault's own rhythm; "probes": every peer passed; "passed":
  /// it never opened; "operator": by hand; "usual": noise is back to its usual; "replaced": what
  /// was to end is not in use any more; "settled": a peer that changed has kept what it shows
  /// since; "merged": it turned out to be another fault, which has an incident of its own
  SharedText resolved_by;
  OptionalTime reopened_at;

  std::uint64_t count = 0;
  std::uint64_t run_count =
      0;  ///< lines since run_since: what a transport fault must collect to open
  Time run_since{};
  FailureWindow window;
  ClientSketch clients;
  Shared<std::vector<std::string>> hosts, servers;
  SampleLines sample_lines;
  BoxedList<std::vector<Consequence>> consequences;
  BoxedList<std::vector<OperatorNote>> notes;
  /// What it was taken for before its cause was found, the latest last; bounded. Whoever is told by
  /// fingerprint has to hear that it left.
  BoxedList<std::vector<std::string>> earlier_fingerprints;
  Boxed<NoiseHistory> noise_history;  ///< of noise only
  Boxed<FleetSpread> fleet;           ///< of what edges report only
  Boxed<Foreseen> foreseen;           ///< of what no line tells of only

  OptionalTime diagnosing_until;  ///< a diagnosis is under way; the first notification waits for
                                  ///< it, at most so long
  std::shared_ptr<const DiagnosisNote>
      diagnosis;                 ///< not part of to_json(): it has a table of its own
  OptionalTime fix_verified_at;  ///< since when every peer passes under nginx's own settings
  OptionalTime probe_failed_at;  ///< the last round in which a peer failed, until one passes

  /// Worth a word to receivers, as long as it is open.
  bool is_told() const { return status == Status::open && !history && (!noise || anomalous_at); }
  /// The diagnosed cause, else the likeliest of the line.
  const std::string& cause() const {
    return diagnosis && !diagnosis->cause.empty() ? diagnosis->cause : likeliest_cause.get();
  }

  /// It is another fault than it was taken for.
  void become(Fingerprint other);

  /// JSON for the store, and back. A text of a later version than we know is refused.
  std::string to_json() const;
  static Result<Incident> from_json(std::string_view json);
};

/// A note of a diagnosis as the store keeps it, and back.
std::string to_json(const DiagnosisNote& note);
Result<DiagnosisNote> diagnosis_note_from_json(std::string_view json);

}  // namespace handshaked::correlate
