#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/optional_time.h"
#include "base/result.h"
#include "correlate/fleet/fleet_spread.h"
#include "receive/http/edge_report.h"

namespace handshaked::correlate {

/// One fault as one edge has it.
struct EdgeFault {
  std::string incident_id;  ///< on the edge
  std::string fingerprint = {};
  std::string cause = {};  ///< found out there; empty: the line alone
  bool is_open = true;
  bool has_moved = false;  ///< it is another fault by now, of which another partition hears
  std::uint32_t reopens = 0, changes = 0;  ///< of its newest event
  Time since{};                            ///< these two by the edge's clock
  OptionalTime until = {};
  Time told_at{};  ///< when the newest event came, by ours
  std::uint64_t count = 0;
  std::array<std::uint32_t, 5> taken{};  ///< the highest number of each kind of event
};

/// A daemon that pushes to us.
struct Edge {
  std::string host, version;
  receive::NamedTexts facts, labels;
  std::uint64_t waiting = 0, lag_seconds = 0;
  Time heard_at{};  ///< by our clock, like silent_since
  std::chrono::seconds silent_after{180};
  OptionalTime silent_since;
  bool is_divided = false;  ///< it divides its events among partitions: all of them hear it
  std::map<std::string, EdgeFault, std::less<>> faults;  ///< by the incident's id on the edge
};

/// JSON for the store, and back. A text of a later version than we know is refused.
std::string to_json(const Edge& edge);
Result<Edge> edge_from_json(std::string_view json);

/// All edges: what each has told, when it was heard last, and which fault is on which of them. An
/// event is taken once, in whatever order it comes: which of two is the newer one says how often
/// the incident had come back and ended by then, and no clock. Bounded. Not shared between threads.
class Fleet {
 public:
  static constexpr std::size_t kMostEdges = 20'000;
  static constexpr std::size_t kMostFaults = 1'000;  ///< of one edge
  /// An edge that is silent for so long has been taken down: its faults end with it.
  static constexpr auto kForgottenAfter = std::chrono::days(7);

  enum class Verdict : std::uint8_t {
    heard,      ///< a heartbeat
    taken,      ///< an event, and it says something new
    moved,      ///< an event that says that its incident is another partition's from now on
    duplicate,  ///< it was taken before
    outdated,   ///< the edge has told of what came after it
    refused,    ///< more edges or faults than are kept
  };
  struct Heard {
    Verdict verdict = Verdict::heard;
    bool was_silent = false;
    const Edge* described_anew = nullptr;  ///< other facts or labels than before
    const EdgeFault* fault =
        nullptr;  ///< of an event that was taken; valid until the next call that changes something
    std::uint64_t more_lines = 0;  ///< than the edge had told before
    std::string left;  ///< the fault that the incident is no longer: a consequence found its cause.
                       ///< With `moved`, it is none of ours any more
  };
  Heard hear(const receive::EdgeReport& report, Time now);

  /// Edges of which nothing was heard for too long; each once.
  std::vector<std::string> fall_silent(Time now);
  /// Edges that were silent so long that they are forgotten now, and the fingerprints of what was
  /// open on them.
  std::vector<std::pair<std::string, std::vector<std::string>>> forget_long_silent(Time now);
  /// When to ask the two above again.
  std::optional<Time> next_look() const { return next_look_; }
  /// Nobody could be heard (we were away): silence counts from now on.
  void excuse_silence(Time now);

  /// Raises or ends a fault of our own making on an edge: that it is silent.
  const EdgeFault* note_own_fault(std::string_view host, const std::string& fingerprint,
                                  bool is_open, Time now);

  /// Is it for another partition to tell that an edge is silent, or heard again?
  bool is_told_elsewhere(std::string_view host, const std::string& silence, bool is_silent) const;

  /// On how many edges a fault goes on.
  std::size_t affected(std::string_view fingerprint) const;
  /// `since`: what ended before is not listed.
  FleetSpread spread_of(std::string_view fingerprint, Time since) const;

  void restore(Edge edge, Time now);
  /// Hosts, and their states to be stored; empty: forgotten. Those that changed since the last
  /// call.
  std::vector<std::pair<std::string, std::string>> take_changed();
  const std::map<std::string, Edge, std::less<>>& edges() const { return edges_; }

  struct Counters {
    std::uint64_t taken = 0, duplicates = 0, outdated = 0, refused = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  struct Holder {
    const Edge* edge = nullptr;
    const EdgeFault* fault = nullptr;
  };
  using Holders = std::map<std::string_view, Holder>;  ///< by host

  Edge* find_or_add(const receive::EdgeReport& report, Time now);
  bool describe(Edge& edge, const receive::EdgeReport& report);
  void take_event(Edge& edge, const receive::EdgeEvent& event, Time now, Heard& heard);
  EdgeFault* find_for(Edge& edge, const receive::EdgeEvent& event, Time now, Heard& heard);
  void take_move(Edge& edge, const receive::EdgeEvent& event, Time now, Heard& heard);
  EdgeFault* find_or_add_fault(Edge& edge, const std::string& incident_id, Time now, Heard& heard);
  void hold(const Edge& edge, const EdgeFault& fault);
  void let_go(const Edge& edge, const EdgeFault& fault);
  void drop_old(Edge& edge, Time now);
  void count_facts(const Edge& edge, bool is_added);
  void mark(const Edge& edge) { changed_.insert(edge.host); }
  void add_differences(const Holders& holders, FleetSpread& spread) const;

  std::map<std::string, Edge, std::less<>> edges_;
  std::unordered_map<std::string, Holders> holders_;  ///< by fingerprint
  std::unordered_map<std::string, std::map<std::string, std::size_t, std::less<>>>
      fact_values_;                ///< fact, value, how many edges
  std::set<std::string> changed_;  ///< hosts whose state is to be stored
  std::optional<Time> next_look_;
  Counters counters_;
};

}  // namespace handshaked::correlate
