#include "correlate/correlator.h"

#include <algorithm>
#include <cmath>

#include "base/digest.h"

namespace handshaked::correlate {
namespace {

/// A consequence belongs to a fault that was seen this recently: ten times nginx's default fail_timeout.
constexpr auto kConsequenceReach = std::chrono::seconds(100);
constexpr std::size_t kMaxConsequences = 8;
constexpr std::size_t kMaxIndexed = 4096;

void merge_distinct(std::vector<std::string>& into, const std::vector<std::string>& from, std::size_t limit) {
  for (const std::string& text : from) {
    if (into.size() >= limit) return;
    if (std::find(into.begin(), into.end(), text) == into.end()) into.push_back(text);
  }
}

/// Bounded, but what is known stays up to date.
void remember(std::unordered_map<std::string, std::string>& index, const std::string& name, const std::string& print) {
  if (const auto known = index.find(name); known != index.end()) known->second = print;
  else if (index.size() < kMaxIndexed) index.emplace(name, print);
}

void forget(std::unordered_map<std::string, std::string>& index, const std::string& name, const std::string& print) {
  if (const auto known = index.find(name); known != index.end() && known->second == print) index.erase(known);
}

}  // namespace

void Correlator::restore(Incident incident) {
  const std::string print = incident.fingerprint;
  const Incident& kept = by_fingerprint_.insert_or_assign(print, std::move(incident)).first->second;
  index(kept);
  plan(kept, due_at(kept));
}

void Correlator::absorb(const FailureBatch& batch, Time now) {
  counters_.untrusted += batch.untrusted;
  counters_.overflow += batch.overflow;
  // Causes first: a consequence of the same batch then finds the fault that it follows from.
  for (const bool consequences : {false, true}) {
    for (const FoldedFailure& folded : batch.failures) {
      if ((folded.rule->kind == match::Kind::consequence) == consequences) absorb_failure(folded, batch, now);
    }
  }
}

void Correlator::absorb_failure(const FoldedFailure& folded, const FailureBatch& batch, Time now) {
  if (folded.rule->kind == match::Kind::consequence) {
    if (Incident* const cause = find_cause_of(folded)) {
      join_consequence(*cause, folded, now);
      return;
    }
  }
  const std::string print = fingerprint(folded.rule->id, folded.place);
  auto it = by_fingerprint_.find(print);
  if (it == by_fingerprint_.end()) {
    if (by_fingerprint_.size() >= options_.max_incidents) {
      counters_.overflow += folded.count;
      return;
    }
    create(folded, print, batch);
    it = by_fingerprint_.find(print);
  }
  grow(it->second, folded, now);
}

Incident& Correlator::create(const FoldedFailure& folded, const std::string& print, const FailureBatch& batch) {
  const match::Rule& rule = *folded.rule;
  Incident& incident = by_fingerprint_[print];
  incident.fingerprint = print;
  const std::string opening = folded.sample_lines.empty() ? std::string() : folded.sample_lines.front();
  incident.id = "inc-" + sha256_hex(print + '\0' + batch.source + '\0' + std::to_string(folded.opening_offset) + '\0' + opening, 16);
  incident.severity = rule.severity;
  incident.kind = rule.kind;
  incident.noise = rule.noise;
  incident.rule_id = rule.id;
  incident.title = rule.title;
  incident.title_zh = rule.title_zh;
  incident.url = rule.url;
  if (!rule.causes.empty()) {
    incident.likeliest_cause = rule.causes.front().cause;
    incident.likelihood = rule.causes.front().likelihood;
  }
  incident.place = folded.place;
  incident.opened_at = folded.first_at;
  return incident;
}

void Correlator::grow(Incident& incident, const FoldedFailure& folded, Time now) {
  // A transport fault that went away and came back much later begins anew: two restarts are no outage.
  if (incident.status == Status::pending && incident.count > 0 &&
      folded.first_at - incident.last_seen_at > std::max<Duration>(options_.transport_window * 5, std::chrono::minutes(10))) {
    incident.count = 0;
    incident.opened_at = folded.first_at;
  }
  incident.count += folded.count;
  incident.opened_at = std::min(incident.opened_at, folded.first_at);
  incident.last_seen_at = std::max(incident.last_seen_at, folded.last_at);
  incident.window.add(folded.last_at, folded.count);
  incident.clients.merge(folded.clients);
  merge_distinct(incident.servers, folded.servers, Incident::kMaxServers);
  merge_distinct(incident.sample_lines, folded.sample_lines, Incident::kMaxSamples);
  if (folded.hosts.empty()) merge_distinct(incident.hosts, {options_.host}, Incident::kMaxHosts);
  else merge_distinct(incident.hosts, folded.hosts, Incident::kMaxHosts);

  index(incident);
  if (folded.place.server != incident.place.server) remember(newest_by_server_, folded.place.server, incident.fingerprint);
  open_if_due(incident, now);
  touch(incident);
}

/// So that consequences find the fault that they follow from.
void Correlator::index(const Incident& incident) {
  if (incident.place.side != parse::Side::upstream || incident.kind == match::Kind::consequence) return;
  remember(newest_by_server_, incident.place.server, incident.fingerprint);
  remember(newest_by_peer_, incident.place.peer, incident.fingerprint);
}

void Correlator::open_if_due(Incident& incident, Time now) {
  if (incident.status != Status::pending) return;
  const bool persists =
      incident.count >= options_.transport_lines && incident.last_seen_at - incident.opened_at >= options_.transport_window;
  if (incident.kind == match::Kind::transport && !persists) return;
  incident.status = Status::open;
  ++counters_.opened;
  const bool is_history = quiet_until(incident) <= now;  // a backlog tells of what is over: it is recorded, nobody is told
  if (incident.noise || is_history) return;
  incident.notify_at = incident.severity == match::Severity::critical ? now : now + options_.group_wait;
}

Incident* Correlator::find_cause_of(const FoldedFailure& consequence) {
  const auto recent = [&](const auto& index, const std::string& name) -> Incident* {
    const auto listed = index.find(name);
    if (name.empty() || listed == index.end()) return nullptr;
    const auto it = by_fingerprint_.find(listed->second);
    if (it == by_fingerprint_.end() || consequence.first_at - it->second.last_seen_at > kConsequenceReach) return nullptr;
    return &it->second;
  };
  // "temporarily disabled" names the peer that failed; "no live upstreams" names the group, so the server must do.
  if (Incident* const by_peer = recent(newest_by_peer_, consequence.place.peer)) return by_peer;
  return recent(newest_by_server_, consequence.place.server);
}

void Correlator::join_consequence(Incident& cause, const FoldedFailure& folded, Time now) {
  const auto it = std::find_if(cause.consequences.begin(), cause.consequences.end(),
                               [&](const Consequence& known) { return known.rule_id == folded.rule->id; });
  Consequence* joined = it != cause.consequences.end() ? &*it : nullptr;
  if (joined == nullptr) {
    if (cause.consequences.size() >= kMaxConsequences) return;
    joined = &cause.consequences.emplace_back(
        Consequence{.rule_id = folded.rule->id, .title = folded.rule->title, .count = 0, .last_seen_at = {}});
  }
  joined->count += folded.count;
  joined->last_seen_at = std::max(joined->last_seen_at, folded.last_at);
  cause.last_seen_at = std::max(cause.last_seen_at, folded.last_at);
  merge_distinct(cause.servers, folded.servers, Incident::kMaxServers);
  if (folded.rule->severity > cause.severity) {
    cause.severity = folded.rule->severity;
    // What is critical waits for nobody, unless it was told already.
    if (cause.status == Status::open && !cause.notified_at && !cause.noise) cause.notify_at = now;
  }
  touch(cause);
}

Time Correlator::quiet_until(const Incident& incident) const {
  const auto lifetime = incident.last_seen_at - incident.opened_at;
  const double gap = incident.count > 1 ? static_cast<double>(lifetime.count()) / static_cast<double>(incident.count - 1) : 0;
  const auto rhythm = Duration(static_cast<Duration::rep>(std::min(gap * options_.quiet_rhythm, 7.0 * 86400e6)));
  return incident.last_seen_at + std::max(options_.quiet_least, rhythm);
}

Time Correlator::due_at(const Incident& incident) const {
  const Time quiet = quiet_until(incident);
  return incident.status == Status::open && incident.notify_at ? std::min(*incident.notify_at, quiet) : quiet;
}

void Correlator::touch(const Incident& incident) {
  changed_.insert(incident.fingerprint);
  plan(incident, due_at(incident));
}

/// One entry an incident, however often it grows: an entry that is too early is put off when it comes up.
void Correlator::plan(const Incident& incident, Time due) {
  const auto [planned, is_new] = planned_.try_emplace(incident.fingerprint, due);
  if (!is_new) {
    if (planned->second <= due) return;
    deadlines_.erase({planned->second, incident.fingerprint});
    planned->second = due;
  }
  deadlines_.emplace(due, incident.fingerprint);
}

void Correlator::resolve(const std::string& print, Time now) {
  auto node = by_fingerprint_.extract(print);
  Incident& incident = node.mapped();
  forget(newest_by_peer_, incident.place.peer, print);
  for (const std::string& server : incident.servers) forget(newest_by_server_, server, print);
  forget(newest_by_server_, incident.place.server, print);
  incident.resolved_by = incident.status == Status::pending ? "passed" : "quiet";
  incident.status = Status::resolved;
  incident.resolved_at = now;
  if (incident.notified_at) ++incident.events;
  ++counters_.resolved;
  finished_.push_back(std::move(incident));
}

std::vector<IncidentChange> Correlator::advance(Time now) {
  using What = IncidentChange::What;
  finished_.clear();
  std::vector<IncidentChange> changes;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const std::string print = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    planned_.erase(print);
    const auto it = by_fingerprint_.find(print);
    if (it == by_fingerprint_.end()) continue;
    Incident& incident = it->second;
    if (incident.status == Status::open && incident.notify_at && *incident.notify_at <= now) {
      incident.notify_at.reset();
      incident.notified_at = now;
      ++incident.events;
      changes.push_back({What::notify, &incident});
      changed_.erase(print);
      // Told first even if it is quiet by now (the host slept, the daemon was down): it resolves at the next call.
      plan(incident, std::max(due_at(incident), now + Duration(1)));
      continue;
    }
    if (quiet_until(incident) <= now) {
      resolve(print, now);
      changed_.erase(print);
      continue;
    }
    plan(incident, due_at(incident));
  }
  for (const std::string& print : changed_) {
    if (const auto it = by_fingerprint_.find(print); it != by_fingerprint_.end()) changes.push_back({What::changed, &it->second});
  }
  changed_.clear();
  for (const Incident& incident : finished_) {
    changes.push_back({incident.notified_at ? What::resolved : What::changed, &incident});
  }
  return changes;
}

std::optional<Time> Correlator::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

std::vector<const Incident*> Correlator::incidents() const {
  std::vector<const Incident*> list;
  for (const auto& [print, incident] : by_fingerprint_) list.push_back(&incident);
  std::sort(list.begin(), list.end(), [](const Incident* a, const Incident* b) {
    if (a->severity != b->severity) return a->severity > b->severity;
    if (a->opened_at != b->opened_at) return a->opened_at < b->opened_at;
    return a->fingerprint < b->fingerprint;
  });
  return list;
}

}  // namespace handshaked::correlate
