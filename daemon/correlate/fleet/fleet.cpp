#include "correlate/fleet/fleet.h"

#include <algorithm>

#include "parse/time_zone.h"

namespace handshaked::correlate {
namespace {

/// Whoever was away for days may still send what we have: deliveries are given up after three days.
constexpr auto kRememberedAfterEnd = std::chrono::days(4);
constexpr std::string_view kLoadedAt = "nginx_loaded_at";
constexpr auto kLeastPause = std::chrono::milliseconds(250);  // between two looks at all edges

constexpr std::array<std::string_view, 5> kKinds{"opened", "reopened", "diagnosed", "updated",
                                                 "resolved"};

std::size_t index_of_kind(std::string_view kind) {
  return static_cast<std::size_t>(std::find(kKinds.begin(), kKinds.end() - 1, kind) -
                                  kKinds.begin());
}

Time time_or(std::string_view text, Time otherwise) {
  const auto time = parse::parse_rfc3339(text);
  return time ? time->utc : otherwise;
}

}  // namespace

// ---- what comes
// -------------------------------------------------------------------------------------------------------------

Fleet::Heard Fleet::hear(const receive::EdgeReport& report, Time now) {
  Heard heard;
  Edge* const edge = find_or_add(report, now);
  if (edge == nullptr) {
    ++counters_.refused;
    heard.verdict = Verdict::refused;
    return heard;
  }
  edge->heard_at = now;
  if (edge->silent_since) {
    heard.was_silent = true;
    edge->silent_since.reset();
    mark(*edge);
  }
  const Time look = now + edge->silent_after;
  next_look_ = std::min(next_look_.value_or(look), look);
  if (describe(*edge, report)) heard.described_anew = edge;
  if (report.event && report.has_moved) take_move(*edge, *report.event, now, heard);
  else if (report.event) take_event(*edge, *report.event, now, heard);
  return heard;
}

Edge* Fleet::find_or_add(const receive::EdgeReport& report, Time now) {
  const auto known = edges_.find(report.host);
  if (known != edges_.end()) return &known->second;
  if (edges_.size() >= kMostEdges) return nullptr;
  Edge& edge = edges_[report.host];
  edge.host = report.host;
  edge.heard_at = now;
  mark(edge);
  return &edge;
}

/// False: it is as it was.
bool Fleet::describe(Edge& edge, const receive::EdgeReport& report) {
  if (!report.describes) return false;
  edge.waiting = report.waiting;
  edge.lag_seconds = report.lag_seconds;
  const bool is_divided = report.partitions > 1;
  const bool is_same = edge.version == report.version && edge.facts == report.facts &&
                       edge.labels == report.labels && edge.silent_after == report.silent_after &&
                       edge.is_divided == is_divided;
  if (is_same) return false;
  count_facts(edge, false);
  edge.version = report.version;
  edge.facts = report.facts;
  edge.labels = report.labels;
  edge.silent_after = report.silent_after;
  edge.is_divided = is_divided;
  count_facts(edge, true);
  mark(edge);
  return true;
}

/// nullptr: there are too many.
EdgeFault* Fleet::find_or_add_fault(Edge& edge, const std::string& incident_id, Time now,
                                    Heard& heard) {
  const auto known = edge.faults.find(incident_id);
  if (known != edge.faults.end()) return &known->second;
  drop_old(edge, now);
  if (edge.faults.size() < kMostFaults)
    return &edge.faults.emplace(incident_id, EdgeFault{.incident_id = incident_id}).first->second;
  ++counters_.refused;
  heard.verdict = Verdict::refused;
  return nullptr;
}

namespace {

/// Grows with each end and each return.
std::uint64_t step_of(std::uint32_t reopens, bool is_open) {
  return std::uint64_t{2} * reopens + (is_open ? 0 : 1);
}

/// One incident's events come in order, but for those that somebody sends again by hand. An edge
/// that went back to a version which does not say what an incident was before is heard, too.
bool is_late(const EdgeFault& fault, const receive::EdgeEvent& event) {
  if (event.changes > fault.changes) return false;
  const bool is_same_fault = !fault.has_moved && event.fingerprint == fault.fingerprint;
  if (event.changes < fault.changes && !is_same_fault) return true;
  return !fault.has_moved &&
         step_of(event.reopens, event.is_open) < step_of(fault.reopens, fault.is_open);
}

}  // namespace

/// The fault that the event is of; nullptr where it says nothing new.
EdgeFault* Fleet::find_for(Edge& edge, const receive::EdgeEvent& event, Time now, Heard& heard) {
  EdgeFault* const fault = find_or_add_fault(edge, event.incident_id, now, heard);
  if (fault == nullptr) return nullptr;
  std::uint32_t& taken = fault->taken[index_of_kind(event.kind)];
  if (event.number <= taken) {
    ++counters_.duplicates;
    heard.verdict = Verdict::duplicate;
    return nullptr;
  }
  taken = event.number;
  mark(edge);
  if (is_late(*fault, event)) {
    ++counters_.outdated;
    heard.verdict = Verdict::outdated;
    return nullptr;
  }
  ++counters_.taken;
  fault->changes = std::max(fault->changes, event.changes);
  fault->reopens = event.reopens;
  fault->told_at = now;
  return fault;
}

void Fleet::take_event(Edge& edge, const receive::EdgeEvent& event, Time now, Heard& heard) {
  EdgeFault* const known = find_for(edge, event, now, heard);
  if (known == nullptr) return;
  EdgeFault& fault = *known;
  if (!fault.fingerprint.empty() && !fault.has_moved && fault.fingerprint != event.fingerprint) {
    heard.left = fault.fingerprint;
    let_go(edge, fault);
  }
  if (fault.fingerprint != event.fingerprint) fault.count = 0;
  const Time event_at = time_or(event.time, now);
  heard.more_lines = event.count > fault.count ? event.count - fault.count : 0;
  fault.count += heard.more_lines;
  fault.fingerprint = event.fingerprint;
  fault.has_moved = false;
  fault.cause = event.is_looked_at ? event.cause : fault.cause;
  fault.is_open = event.is_open;
  fault.since = time_or(event.opened_at, event_at);
  fault.until = event.is_open ? OptionalTime() : OptionalTime(time_or(event.resolved_at, event_at));
  hold(edge, fault);
  heard.verdict = Verdict::taken;
  heard.fault = &fault;
}

void Fleet::take_move(Edge& edge, const receive::EdgeEvent& event, Time now, Heard& heard) {
  EdgeFault* const fault = find_for(edge, event, now, heard);
  if (fault == nullptr) return;
  heard.verdict = Verdict::moved;
  if (std::exchange(fault->has_moved, true)) return;
  fault->is_open = false;
  if (fault->fingerprint.empty()) return;
  heard.left = fault->fingerprint;
  let_go(edge, *fault);
}

/// Of two incidents of one fault on an edge, the younger one counts.
void Fleet::hold(const Edge& edge, const EdgeFault& fault) {
  Holder& holder = holders_[fault.fingerprint][edge.host];
  if (holder.fault == nullptr || holder.fault->since <= fault.since)
    holder = {.edge = &edge, .fault = &fault};
}

void Fleet::let_go(const Edge& edge, const EdgeFault& fault) {
  const auto holders = holders_.find(fault.fingerprint);
  if (holders == holders_.end()) return;
  const auto holder = holders->second.find(edge.host);
  if (holder != holders->second.end() && holder->second.fault == &fault)
    holders->second.erase(holder);
  if (holders->second.empty()) holders_.erase(holders);
}

void Fleet::drop_old(Edge& edge, Time now) {
  std::erase_if(edge.faults, [&](const auto& entry) {
    const bool is_old = !entry.second.is_open && now - entry.second.told_at > kRememberedAfterEnd;
    if (is_old) let_go(edge, entry.second);
    return is_old;
  });
}

/// One that divides nothing is heard here alone. What was told here ends here, whatever it has
/// become.
bool Fleet::is_told_elsewhere(std::string_view host, const std::string& silence,
                              bool is_silent) const {
  const auto edge = edges_.find(host);
  if (edge == edges_.end() || !edge->second.is_divided) return false;
  return is_silent || !edge->second.faults.contains(silence);
}

const EdgeFault* Fleet::note_own_fault(std::string_view host, const std::string& fingerprint,
                                       bool is_open, Time now) {
  const auto edge = edges_.find(host);
  if (edge == edges_.end()) return nullptr;
  EdgeFault& fault =
      edge->second.faults
          .emplace(fingerprint, EdgeFault{.incident_id = fingerprint, .fingerprint = fingerprint})
          .first->second;
  if (is_open) {
    fault.since = edge->second.heard_at;
    fault.until.reset();
  } else {
    fault.until = now;
  }
  fault.is_open = is_open;
  fault.told_at = now;
  hold(edge->second, fault);
  mark(edge->second);
  return &fault;
}

// ---- silence
// ----------------------------------------------------------------------------------------------------------------

std::vector<std::string> Fleet::fall_silent(Time now) {
  std::vector<std::string> silent;
  if (!next_look_ || now < *next_look_) return silent;
  next_look_.reset();
  for (auto& [host, edge] : edges_) {
    if (!edge.silent_since && now - edge.heard_at >= edge.silent_after) {
      edge.silent_since = now;
      mark(edge);
      silent.push_back(host);
    }
    const Time due = edge.silent_since ? *edge.silent_since + kForgottenAfter
                                       : edge.heard_at + edge.silent_after;
    next_look_ = std::min(next_look_.value_or(due), due);
  }
  if (next_look_) next_look_ = std::max(*next_look_, now + kLeastPause);
  return silent;
}

std::vector<std::pair<std::string, std::vector<std::string>>> Fleet::forget_long_silent(Time now) {
  std::vector<std::pair<std::string, std::vector<std::string>>> forgotten;
  for (auto it = edges_.begin(); it != edges_.end();) {
    Edge& edge = it->second;
    if (!edge.silent_since || now - *edge.silent_since < kForgottenAfter) {
      ++it;
      continue;
    }
    auto& [host, faults] = forgotten.emplace_back(edge.host, std::vector<std::string>());
    for (const auto& [id, fault] : edge.faults) {
      if (fault.is_open) faults.push_back(fault.fingerprint);
      let_go(edge, fault);
    }
    count_facts(edge, false);
    mark(edge);
    it = edges_.erase(it);
  }
  return forgotten;
}

void Fleet::excuse_silence(Time now) {
  for (auto& [host, edge] : edges_) {
    if (!edge.silent_since) edge.heard_at = now;
  }
  if (!edges_.empty()) next_look_ = now;
}

// ---- what there is
// ------------------------------------------------------------------------------------------------------------

std::size_t Fleet::affected(std::string_view fingerprint) const {
  const auto holders = holders_.find(std::string(fingerprint));
  if (holders == holders_.end()) return 0;
  return static_cast<std::size_t>(
      std::count_if(holders->second.begin(), holders->second.end(),
                    [](const auto& entry) { return entry.second.fault->is_open; }));
}

FleetSpread Fleet::spread_of(std::string_view fingerprint, Time since) const {
  FleetSpread spread;
  spread.edges = edges_.size();
  const auto found = holders_.find(std::string(fingerprint));
  if (found == holders_.end()) return spread;
  std::vector<Holder> shown;
  std::set<std::string> labels;
  for (const auto& [host, holder] : found->second) {
    if (!holder.fault->is_open && holder.fault->told_at < since) continue;
    ++(holder.fault->is_open ? spread.affected : spread.ended);
    shown.push_back(holder);
    for (const auto& [name, value] : holder.edge->labels) {
      if (holder.fault->is_open && labels.size() < FleetSpread::kMostLabels)
        labels.insert(name + "=" + value);
    }
  }
  const auto is_before = [](const Holder& a, const Holder& b) {
    if (a.fault->is_open != b.fault->is_open) return a.fault->is_open;
    if (a.fault->since != b.fault->since) return a.fault->since < b.fault->since;
    return a.edge->host < b.edge->host;
  };
  const std::size_t most = std::min(shown.size(), FleetSpread::kMostHosts);
  std::partial_sort(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(most), shown.end(),
                    is_before);
  for (std::size_t i = 0; i < most; ++i) {  // a clock that is ahead of ours shows no future
    const EdgeFault& fault = *shown[i].fault;
    spread.hosts.push_back({.host = shown[i].edge->host,
                            .cause = fault.cause,
                            .since = std::min(fault.since, fault.told_at),
                            .until = fault.until
                                         ? OptionalTime(std::min(*fault.until, fault.told_at))
                                         : OptionalTime(),
                            .count = fault.count});
  }
  spread.labels.assign(labels.begin(), labels.end());
  add_differences(found->second, spread);
  return spread;
}

void Fleet::count_facts(const Edge& edge, bool is_added) {
  for (const auto& [fact, value] : edge.facts) {
    auto& values = fact_values_[fact];
    std::size_t& count = values[value];
    count = is_added ? count + 1 : count - 1;
    if (count == 0) values.erase(value);
    if (values.empty()) fact_values_.erase(fact);
  }
}

namespace {

using Values = std::map<std::string, std::size_t, std::less<>>;

std::size_t sum_of(const Values& values) {
  std::size_t sum = 0;
  for (const auto& [value, count] : values) sum += count;
  return sum;
}

/// Loaded before all others were.
std::optional<FactDifference> earlier_than(const Values& mine, const Values& others) {
  if (mine.rbegin()->first >= others.begin()->first) return std::nullopt;
  return FactDifference{.fact = std::string(kLoadedAt),
                        .affected = {mine.rbegin()->first},
                        .others = {others.begin()->first}};
}

std::vector<std::string> first_values(const Values& values) {
  std::vector<std::string> first;
  for (const auto& [value, count] : values) {
    if (first.size() < FleetSpread::kMostValues) first.push_back(value);
  }
  return first;
}

/// What all affected edges have and no other one has; nothing where every edge has a value of its
/// own.
std::optional<FactDifference> difference_in(const std::string& fact, const Values& mine,
                                            const Values& all) {
  Values others = all;
  for (const auto& [value, count] : mine) {
    const auto same = others.find(value);
    if (same == others.end()) return std::nullopt;
    if (fact != kLoadedAt && same->second != count) return std::nullopt;
    same->second -= count;
    if (same->second == 0) others.erase(same);
  }
  const std::size_t other_edges = sum_of(others);
  if (other_edges == 0) return std::nullopt;
  if (fact == kLoadedAt) return earlier_than(mine, others);
  if (others.size() > FleetSpread::kMostValues && others.size() > other_edges / 4)
    return std::nullopt;
  return FactDifference{
      .fact = fact, .affected = first_values(mine), .others = first_values(others)};
}

}  // namespace

void Fleet::add_differences(const Holders& holders, FleetSpread& spread) const {
  if (spread.affected == 0 || spread.affected >= edges_.size()) return;
  std::map<std::string, Values, std::less<>> mine;
  for (const auto& [host, holder] : holders) {
    if (!holder.fault->is_open) continue;
    for (const auto& [fact, value] : holder.edge->facts) ++mine[fact][value];
  }
  for (const auto& [fact, values] : mine) {
    if (spread.differences.size() >= FleetSpread::kMostDifferences) return;
    const auto all = fact_values_.find(fact);
    if (all == fact_values_.end() || sum_of(values) != spread.affected)
      continue;  // some affected edge does not know it
    if (auto difference = difference_in(fact, values, all->second))
      spread.differences.push_back(std::move(*difference));
  }
}

// ---- the store
// ----------------------------------------------------------------------------------------------------------------

void Fleet::restore(Edge edge, Time now) {
  if (edge.host.empty() || edges_.size() >= kMostEdges || edges_.contains(edge.host)) return;
  Edge& kept = edges_[edge.host] = std::move(edge);
  kept.heard_at = now;  // nobody could be heard while we were away
  count_facts(kept, true);
  for (const auto& [id, fault] : kept.faults)
    if (!fault.has_moved) hold(kept, fault);
  next_look_ = now;
}

std::vector<std::pair<std::string, std::string>> Fleet::take_changed() {
  std::vector<std::pair<std::string, std::string>> states;
  for (const std::string& host : std::exchange(changed_, {})) {
    const auto edge = edges_.find(host);
    states.emplace_back(host, edge == edges_.end() ? std::string() : to_json(edge->second));
  }
  return states;
}

}  // namespace handshaked::correlate
