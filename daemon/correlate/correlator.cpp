// Lines become incidents. What becomes of the incidents is in incident_life.cpp.
#include "correlate/correlator.h"

#include <algorithm>

#include "base/digest.h"
#include "correlate/severity.h"

namespace handshaked::correlate {
namespace {

/// A consequence belongs to a fault that was seen this recently, before or after it: ten times
/// nginx's default fail_timeout.
constexpr auto kConsequenceReach = std::chrono::seconds(100);
constexpr std::size_t kMaxConsequences = 8;
constexpr std::size_t kSampleInACrowd = 256;

void merge_distinct(std::vector<std::string>& into, const std::vector<std::string>& from,
                    std::size_t limit) {
  for (const std::string& text : from) {
    if (into.size() >= limit) return;
    if (std::find(into.begin(), into.end(), text) == into.end()) into.push_back(text);
  }
}

/// Says whether anything was new.
bool merge_distinct(Shared<std::vector<std::string>>& into, const std::vector<std::string>& from,
                    std::size_t limit) {
  const std::vector<std::string>& known = into.get();
  if (known.size() >= limit) return false;
  const bool has_news = std::any_of(from.begin(), from.end(), [&known](const std::string& text) {
    return std::find(known.begin(), known.end(), text) == known.end();
  });
  if (!has_news) return false;
  std::vector<std::string> merged = known;
  merge_distinct(merged, from, limit);
  into = std::move(merged);
  return true;
}

/// The first ones, and in the last place the newest: what a diagnosis goes by.
void add_samples(SampleLines& samples, const std::vector<std::string>& lines, LinePacker* crowd) {
  if (lines.empty()) return;
  if (crowd == nullptr) {
    std::vector<std::string>& known = samples.change();
    merge_distinct(known, lines, Incident::kMaxSamples);
    if (known.size() == Incident::kMaxSamples) known.back() = lines.back();
  } else if (samples.empty()) {
    samples.change().emplace_back(lines.front(), 0, kSampleInACrowd);
    samples.pack(*crowd);
  }
}

void take_identity(Incident& incident, const FoldedFailure& folded, const std::string& print) {
  const match::Rule& rule = *folded.rule;
  incident.become(Fingerprint(print));
  incident.kind = rule.kind;
  incident.noise = rule.noise;
  incident.rule_id = rule.id;
  incident.title = rule.title;
  incident.title_zh = rule.title_zh;
  incident.url = rule.url;
  incident.likeliest_cause = rule.causes.empty() ? std::string() : rule.causes.front().cause;
  incident.likelihood = rule.causes.empty() ? 0 : rule.causes.front().likelihood;
  incident.place = folded.place;
}

bool are_close(Time a, Time b) { return (a > b ? a - b : b - a) <= kConsequenceReach; }

}  // namespace

Correlator::Correlator(CorrelatorOptions options) : options_(std::move(options)) {}
Correlator::~Correlator() = default;

void Correlator::absorb(const FailureBatch& batch, Time now) {
  if (!watched_since_) watched_since_ = now;
  counters_.untrusted += batch.untrusted;
  counters_.overflow += batch.overflow;
  for (const FoldedFailure& folded : batch.failures) absorb_failure(folded, batch, now);
}

void Correlator::absorb_failure(const FoldedFailure& folded, const FailureBatch& batch, Time now) {
  if (Live* const first =
          folded.told_by.empty() ? nullptr : live_.find(Fingerprint(folded.told_by.get()))) {
    join_consequence(*first, folded, now);
    return;
  }
  if (folded.rule->kind == match::Kind::consequence) {
    if (Live* const cause = find_cause_of(folded)) {
      join_consequence(*cause, folded, now);
      return;
    }
  }
  if (Live* const live = find_or_create(folded, batch, now)) grow(*live, folded, batch, now);
  else counters_.overflow += folded.count;
}

/// nullptr: there are too many already.
Correlator::Live* Correlator::find_or_create(const FoldedFailure& folded, const FailureBatch& batch,
                                             Time now) {
  const SharedText known = folded.fingerprint.empty()
                               ? SharedText(fingerprint(folded.rule->id, folded.place))
                               : folded.fingerprint;
  const std::string& print = known;
  if (Live* const live = live_.find(Fingerprint(print))) return live;
  if (Live* const adopted = adopt_consequence(folded, print)) return adopted;
  if (Live* const revived = revive(print, folded, now)) return revived;
  if (live_.size() + reopenable_.size() >= options_.max_incidents) forget_reopenable(Time::max());
  return live_.size() < options_.max_incidents ? &create(folded, print, batch) : nullptr;
}

/// What is known of the incident is that of a consequence: its cause begins with nothing.
void Correlator::turn_into_consequence(Incident& incident) {
  std::vector<Consequence>& consequences = incident.consequences.change();
  if (consequences.size() < kMaxConsequences)
    consequences.push_back({.rule_id = incident.rule_id,
                            .title = incident.title,
                            .count = incident.count,
                            .last_seen_at = incident.last_seen_at});
  incident.count = 0;
  incident.clients = ClientSketch();
  incident.sample_lines.clear();
  incident.diagnosis.reset();
}

/// The fault behind a consequence that was there first and stands alone: the incident goes on under
/// its id, as what it is.
Correlator::Live* Correlator::adopt_consequence(const FoldedFailure& folded,
                                                const std::string& print) {
  if (folded.place.side != parse::Side::upstream || folded.rule->kind == match::Kind::consequence)
    return nullptr;
  for (const std::string_view candidate :
       {consequences_.at_peer(folded.place.peer), consequences_.at_server(folded.place.server)}) {
    Live* const known = candidate.empty() ? nullptr : live_.find(Fingerprint(candidate));
    if (known == nullptr || !are_close(known->incident.last_seen_at, folded.first_at)) continue;
    consequences_.forget(known->incident);
    Owned owned = live_.take(known->incident.fingerprint);
    Incident& incident = owned->incident;
    turn_into_consequence(incident);
    take_identity(incident, folded, print);
    share_texts(incident);
    owned->rule_severity = std::max(owned->rule_severity, folded.rule->severity);
    return &live_.insert(std::move(owned));
  }
  return nullptr;
}

/// One that ended a short while ago. It is the same incident again.
Correlator::Live* Correlator::revive(const std::string& print, const FoldedFailure& folded,
                                     Time now) {
  const Live* const known = reopenable_.find(Fingerprint(print));
  if (known == nullptr) return nullptr;
  const Incident& incident = known->incident;
  const Time ended = incident.resolved_at.value_or(incident.last_seen_at);
  if (folded.first_at - ended > options_.reopen_within && now - ended > options_.reopen_within)
    return nullptr;
  return &bring_back(print, folded.rule->severity);
}

Correlator::Live& Correlator::bring_back(const std::string& print, match::Severity rule_severity) {
  Owned owned = reopenable_.take(Fingerprint(print));
  Live& live = *owned;
  live.rule_severity = rule_severity;
  live.incident.status = Status::pending;  // grow() decides
  live.incident.resolved_at.reset();
  live.incident.resolved_by.clear();
  live.incident.run_count = 0;
  live.incident.severity = rule_severity;
  live.incident.passed_rounds = 0;
  live.incident.probe_failed_at.reset();
  live.incident.fix_verified_at.reset();
  live.incident.anomalous_at.reset();
  by_id_.insert(&live);
  return live_.insert(std::move(owned));
}

Correlator::Live& Correlator::create(const FoldedFailure& folded, const std::string& print,
                                     const FailureBatch& batch) {
  Owned owned = std::make_unique<Live>();
  Live& live = *owned;
  Incident& incident = live.incident;
  take_identity(incident, folded, print);
  const std::string opening =
      folded.sample_lines.empty() ? std::string() : folded.sample_lines.front();
  // Hosts that are copies of each other may write the same line at the same place.
  const std::string source = options_.host + '\0' + batch.source;
  incident.id = "inc-" + sha256_hex(print + '\0' + source + '\0' +
                                        std::to_string(folded.opening_offset) + '\0' + opening,
                                    16);
  incident.severity = live.rule_severity = folded.rule->severity;
  incident.late = batch.late;
  incident.opened_at = incident.run_since = folded.first_at;
  share_texts(incident);
  by_id_.insert(&live);
  return live_.insert(std::move(owned));
}

void Correlator::grow(Live& live, const FoldedFailure& folded, const FailureBatch& batch,
                      Time now) {
  Incident& incident = live.incident;
  // A transport fault that went away and came back much later begins anew: two restarts are no
  // outage.
  const auto pause = std::max<Duration>(options_.transport_window * 5, std::chrono::minutes(10));
  if (incident.status == Status::pending &&
      (incident.run_count == 0 || folded.first_at - incident.last_seen_at > pause)) {
    incident.run_count = 0;
    incident.run_since = folded.first_at;
    if (!incident.was_open) {
      incident.count = 0;
      incident.opened_at = folded.first_at;
    }
  }
  incident.count += folded.count;
  incident.run_count += folded.count;
  incident.run_since = std::min(incident.run_since, folded.first_at);
  incident.opened_at = std::min(incident.opened_at, folded.first_at);
  incident.last_seen_at = std::max(incident.last_seen_at, folded.last_at);
  incident.window.add(folded.last_at, folded.count);
  incident.clients.merge(folded.clients);
  incident.late = incident.late && batch.late;
  // From how many networks clients come tells of clients: behind a peer that closes connections
  // stand as many as it has.
  if (incident.noise && incident.place.side == parse::Side::client) {
    if (!incident.noise_history) incident.noise_history.emplace();
    incident.noise_history->add(folded.last_at, folded.count, folded.networks);
  }
  if (merge_distinct(incident.servers, folded.servers, Incident::kMaxServers))
    lists_.pool(incident.servers);
  add_samples(incident.sample_lines, folded.sample_lines,
              live_.size() > kCrowd ? &packer_ : nullptr);
  // Commands are filled in with it: the name that nginx expects by now.
  if (!folded.place.name.get().empty() && folded.place.name.get() != incident.place.name.get())
    incident.place.name = folded.place.name;
  const bool is_known_host =
      folded.hosts.empty() && std::find(incident.hosts.begin(), incident.hosts.end(),
                                        options_.host) != incident.hosts.end();
  if (!is_known_host &&
      merge_distinct(incident.hosts,
                     folded.hosts.empty() ? std::vector<std::string>{options_.host} : folded.hosts,
                     Incident::kMaxHosts)) {
    lists_.pool(incident.hosts);
  }

  index(incident);
  if (folded.place.server != incident.place.server &&
      incident.place.side == parse::Side::upstream && incident.kind != match::Kind::consequence) {
    causes_.remember_server(folded.place.server, incident.fingerprint);
  }
  reconsider(live, now);
}

/// Equal texts of many incidents are kept once.
void Correlator::share_texts(Incident& incident) {
  for (SharedText* const text :
       {&incident.rule_id, &incident.title, &incident.title_zh, &incident.url,
        &incident.likeliest_cause, &incident.resolved_by, &incident.place.name,
        &incident.place.server, &incident.place.object, &incident.place.scheme}) {
    texts_.pool(*text);
  }
  lists_.pool(incident.hosts);
  lists_.pool(incident.servers);
}

/// So that causes and consequences find each other.
void Correlator::index(const Incident& incident) {
  if (incident.place.side != parse::Side::upstream) return;
  (incident.kind == match::Kind::consequence ? consequences_ : causes_).remember(incident);
}

Correlator::Live* Correlator::find_cause_of(const FoldedFailure& consequence) {
  // "temporarily disabled" names the peer that failed; "no live upstreams" names the group, so the
  // server must do.
  for (const std::string_view print :
       {causes_.at_peer(consequence.place.peer), causes_.at_server(consequence.place.server)}) {
    Live* const live = print.empty() ? nullptr : live_.find(Fingerprint(print));
    if (live != nullptr && consequence.first_at - live->incident.last_seen_at <= kConsequenceReach)
      return live;
  }
  return nullptr;
}

void Correlator::join_consequence(Live& cause, const FoldedFailure& folded, Time now) {
  Incident& incident = cause.incident;
  std::vector<Consequence>& consequences = incident.consequences.change();
  const auto it =
      std::find_if(consequences.begin(), consequences.end(),
                   [&](const Consequence& known) { return known.rule_id == folded.rule->id; });
  Consequence* joined = it != consequences.end() ? &*it : nullptr;
  if (joined == nullptr) {
    if (consequences.size() >= kMaxConsequences) return;
    joined = &consequences.emplace_back(Consequence{
        .rule_id = folded.rule->id, .title = folded.rule->title, .count = 0, .last_seen_at = {}});
  }
  joined->count += folded.count;
  joined->last_seen_at = std::max(joined->last_seen_at, folded.last_at);
  incident.last_seen_at = std::max(incident.last_seen_at, folded.last_at);
  merge_distinct(incident.servers, folded.servers, Incident::kMaxServers);
  incident.severity = std::max(incident.severity, folded.rule->severity);
  reconsider(cause, now);
}

}  // namespace handshaked::correlate
