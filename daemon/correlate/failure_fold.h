#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "analysis.h"
#include "base/clock.h"
#include "correlate/client_sketch.h"
#include "correlate/incident_key.h"
#include "match/rule_set.h"

namespace handshaked::correlate {

/// Many lines of one fault within half a minute, folded: what crosses from a reader to the
/// correlator, however long the storm.
struct FoldedFailure {
  const match::Rule* rule = nullptr;  ///< lives as long as the batch's rule set
  Place place;
  SharedText fingerprint;  ///< of rule and place; may be empty: then whoever needs it makes it
  /// Of the incident that an earlier line of the same handshakes tells of; empty: these lines are
  /// the first ones.
  SharedText told_by;
  std::uint64_t count = 0;
  Time first_at{}, last_at{};
  std::uint64_t opening_offset =
      0;  ///< of the first line: incident ids derive from it, so that a replay gives the same
  ClientSketch clients;
  ClientSketch networks;  ///< of the clients; for noise only
  std::vector<std::string> servers, hosts, sample_lines;
};

/// What one read of one log gave: sent even when it holds nothing, for the position.
struct FailureBatch {
  std::shared_ptr<const match::RuleSet> rules;
  std::string source;
  std::vector<FoldedFailure> failures;
  std::uint64_t untrusted = 0;  ///< lines that a stranger may have written: counted, never folded
  std::uint64_t overflow = 0;   ///< lines of places beyond kMaxPlaces
  bool late = false;            ///< written while nobody read: it is told of in one digest
};

/// Folds recognised lines while they are read. nginx may write several lines about one handshake:
/// the first tells, the others are its consequences (FoldedFailure::told_by), unless they tell of
/// something worse. One a reader; not shared between threads.
class FailureFold : public FailureHandler {
 public:
  /// With so many different places a batch should be handed over, before more is read …
  static constexpr std::size_t kFullPlaces = 1024;
  /// … and beyond so many, more than the lines of one read can name, the rest is counted only.
  static constexpr std::size_t kMaxPlaces = 16'384;

  FailureFold(std::shared_ptr<const match::RuleSet> rules, std::string source);

  void on_failure(const match::RecognisedLine& failure) override;
  /// The time of lines that carry none.
  void set_time_fallback(Time now) { now_ = now; }
  /// Live: lines count as seen now, whatever clock and zone their writer had. Else, for what was
  /// written earlier, by their own time.
  void set_live(bool live) { live_ = live; }
  bool empty() const { return batch_.failures.empty() && batch_.untrusted == 0; }
  /// Time to take() it: it grows with the different places that the log names.
  bool is_full() const { return batch_.failures.size() >= kFullPlaces; }
  /// From the earliest line that was folded to the latest.
  Duration span() const { return earliest_ > latest_ ? Duration(0) : latest_ - earliest_; }
  /// About how much memory the batch takes.
  std::size_t held_bytes() const { return held_bytes_; }
  /// False: no more memory is taken; lines of known places are counted, those of new ones are
  /// overflow.
  void keep_details(bool keeps) { keeps_details_ = keeps; }
  /// Hands over what was folded and begins anew.
  FailureBatch take();
  /// What comes belongs to no handshake that was seen before: where several threads read parts of
  /// one log, no part knows the one before.
  void forget_handshakes() { handshakes_.clear(); }

 private:
  /// A place outlives the batch: in a storm every batch names the same ones, and to name one anew
  /// costs more than to count its lines.
  struct Known {
    Place place;
    SharedText fingerprint;
    SharedText told_by;
    std::uint64_t batch = 0;       ///< the number of the batch in which it stands, …
    std::size_t index = 0;         ///< … and where
    std::int64_t half_minute = 0;  ///< of the lines that are folded there
  };
  /// A handshake that a line told of, a short while ago.
  struct Handshake {
    std::uint64_t id = 0;        ///< process, connection, and between whom
    std::uint64_t incident = 0;  ///< whose line told of it first: a key of known_
    const match::Rule* rule = nullptr;
    Time at{};
  };
  FoldedFailure* find_or_add(const match::RecognisedLine& failure, const IncidentKey& key, Time at,
                             const Known* told_by);
  const Known* find_first_line(const match::RecognisedLine& failure, const IncidentKey& key,
                               Time at);

  static constexpr std::size_t kMaxKnown = kMaxPlaces;
  static constexpr std::size_t kHandshakes = 512;  ///< that are remembered; a power of two
  FailureBatch batch_;
  std::uint64_t batch_number_ = 1;
  std::unordered_map<std::uint64_t, Known> known_;  ///< by the hash of the key
  std::vector<Handshake> handshakes_;               ///< by their ids' last bits: the newest wins
  Place recent_;  ///< of the last one that was new, without its peer: the next shares its texts
  Time earliest_ = Time::max(), latest_ = Time::min();
  Time now_{};
  std::size_t held_bytes_ = 0;
  bool keeps_details_ = true;
  bool live_ = false;
};

}  // namespace handshaked::correlate
