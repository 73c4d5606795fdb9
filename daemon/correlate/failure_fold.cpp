#include "correlate/failure_fold.h"

#include <algorithm>
#include <functional>

#include "correlate/incident.h"
#include "correlate/name_limit.h"

namespace handshaked::correlate {
namespace {

constexpr std::size_t kMaxSampleLine = 2048;

/// Gives the bytes that it took.
std::size_t add_distinct(std::vector<std::string>& list, std::string_view text, std::size_t limit) {
  if (text.empty() || list.size() >= limit ||
      std::find(list.begin(), list.end(), text) != list.end())
    return 0;
  list.emplace_back(text);
  return sizeof(std::string) + text.size();
}

void renew(SharedText& known, std::string_view text) {
  if (std::string_view(known) != text) known = text;
}

/// Makes the place of an earlier failure with the same key that of this one: only what is no part
/// of the key may differ.
void recall_place(const match::RecognisedLine& failure, Place& place) {
  renew(place.name, within_name(failure.tls.name));
  renew(place.server, within_name(failure.record.server));
  renew(place.scheme, within_name(parse::upstream_scheme(failure.record)));
}

/// What of two lines about one handshake the first one has said already. Never a fault behind
/// noise, nor the worse behind the lesser.
bool tells_of_both(const match::Rule& first, const match::Rule& later) {
  if (later.kind == match::Kind::consequence || first.kind == match::Kind::consequence)
    return false;  // the correlator knows whose
  const bool is_lost_in_noise = first.noise && !later.noise;
  const bool may_pass_by_itself =
      first.kind == match::Kind::transport && later.kind == match::Kind::fault;
  return !is_lost_in_noise && !may_pass_by_itself && first.severity >= later.severity;
}

/// A connection of a client may carry many requests, and each may begin handshakes with several
/// upstreams. 0: the line does not say.
std::uint64_t handshake_id(const match::RecognisedLine& failure) {
  const parse::ErrorRecord& record = failure.record;
  if (!record.pid || !record.connection) return 0;
  const bool is_upstream = record.side == parse::Side::upstream;
  const std::hash<std::string_view> hash;
  std::uint64_t id = (static_cast<std::uint64_t>(*record.connection) << 22) +
                     static_cast<std::uint64_t>(*record.pid);
  id = (id ^
        (is_upstream ? hash(record.upstream) + 3 * hash(record.request) : hash(record.server))) *
       0x9E3779B97F4A7C15ULL;
  if (!record.envelope_host.empty()) id ^= hash(record.envelope_host);
  id ^= static_cast<std::uint64_t>(record.side);
  return id ^ (id >> 32);
}

/// Lines of one half minute are one bucket of FailureWindow, too: they may be added together.
std::int64_t half_minute_of(Time at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()) / std::chrono::seconds(30);
}

}  // namespace

FailureFold::FailureFold(std::shared_ptr<const match::RuleSet> rules, std::string source) {
  batch_.rules = std::move(rules);
  batch_.source = std::move(source);
}

/// Of the incident that an earlier line of the same handshake tells of; nullptr: this line is the
/// first.
const FailureFold::Known* FailureFold::find_first_line(const match::RecognisedLine& failure,
                                                       const IncidentKey& key, Time at) {
  constexpr auto kOneHandshake = std::chrono::seconds(2);
  const std::uint64_t id = handshake_id(failure);
  if (id == 0) return nullptr;
  if (handshakes_.empty()) handshakes_.resize(kHandshakes);
  Handshake& known = handshakes_[id % kHandshakes];
  const Duration apart = at > known.at ? at - known.at : known.at - at;
  if (known.id == id && apart <= kOneHandshake && tells_of_both(*known.rule, failure.rule)) {
    const auto first = known.incident == key.hash ? known_.end() : known_.find(known.incident);
    return first == known_.end() ? nullptr : &first->second;
  }
  known = {id, key.hash, &failure.rule, at};
  return nullptr;
}

/// `told_by`: what find_first_line() said.
FoldedFailure* FailureFold::find_or_add(const match::RecognisedLine& failure,
                                        const IncidentKey& key, Time at, const Known* told_by) {
  const std::uint64_t hash = told_by == nullptr
                                 ? key.hash
                                 : key.hash ^ std::hash<std::string>()(told_by->fingerprint.get());
  const SharedText teller =
      told_by == nullptr ? SharedText() : told_by->fingerprint;  // known_ may move
  const auto it = known_.find(hash);
  const std::int64_t half_minute = half_minute_of(at);
  if (it != known_.end() && it->second.batch == batch_number_ &&
      it->second.half_minute == half_minute)
    return &batch_.failures[it->second.index];
  if (batch_.failures.size() >= kMaxPlaces || !keeps_details_) return nullptr;
  Known& known = it != known_.end() ? it->second : known_[hash];
  if (known.fingerprint.empty()) {
    // As place_of() says it.
    recent_.side = failure.record.side;
    renew(recent_.object, key.object);
    recall_place(failure, recent_);
    known.place = recent_;
    known.place.peer = key.peer;
    known.fingerprint = fingerprint(failure.rule.id, known.place);
    known.told_by = teller;
  } else {
    recall_place(failure, known.place);
  }
  known.batch = batch_number_;
  known.half_minute = half_minute;
  known.index = batch_.failures.size();
  FoldedFailure& folded = batch_.failures.emplace_back();
  folded.rule = &failure.rule;
  folded.place = known.place;
  folded.fingerprint = known.fingerprint;
  folded.told_by = known.told_by;
  folded.opening_offset = failure.offset.value;
  // With what the sketches of clients and the index take.
  constexpr std::size_t kAround = 1024;
  const Place& place = folded.place;
  held_bytes_ += sizeof(FoldedFailure) + kAround + place.peer.size() +
                 failure.record.server.size() + key.object.size();
  return &folded;
}

void FailureFold::on_failure(const match::RecognisedLine& failure) {
  if (!failure.trusted) {
    ++batch_.untrusted;
    return;
  }
  const IncidentKey key = incident_key(failure);
  const Time at = failure.time && !live_ ? failure.time->utc : now_;
  FoldedFailure* const folded = find_or_add(failure, key, at, find_first_line(failure, key, at));
  if (folded == nullptr) {
    ++batch_.overflow;
    return;
  }
  earliest_ = std::min(earliest_, at);
  latest_ = std::max(latest_, at);
  if (folded->count == 0) folded->first_at = folded->last_at = at;
  folded->first_at = std::min(folded->first_at, at);
  folded->last_at = std::max(folded->last_at, at);
  ++folded->count;
  if (!failure.record.client.empty()) folded->clients.add(within_name(failure.record.client));
  if (failure.rule.noise && !failure.record.client.empty())
    folded->networks.add(network_of(failure.record.client));
  if (!keeps_details_) return;
  held_bytes_ +=
      add_distinct(folded->servers, within_name(failure.record.server), Incident::kMaxServers);
  held_bytes_ +=
      add_distinct(folded->hosts, within_name(failure.record.envelope_host), Incident::kMaxHosts);
  const std::string_view line = failure.line.substr(0, kMaxSampleLine);
  if (folded->sample_lines.size() < Incident::kMaxSamples) {
    folded->sample_lines.emplace_back(line);
    held_bytes_ += sizeof(std::string) + line.size();
    return;
  }
  // The last place is the newest line's: a fault changes while it lasts.
  std::string& newest = folded->sample_lines.back();
  if (line.size() > newest.size()) held_bytes_ += line.size() - newest.size();
  newest.assign(line);
}

FailureBatch FailureFold::take() {
  FailureBatch next;
  next.rules = batch_.rules;
  next.source = batch_.source;
  ++batch_number_;
  earliest_ = Time::max();
  latest_ = Time::min();
  if (known_.size() > kMaxKnown) {
    known_.clear();
    handshakes_.clear();
  }
  held_bytes_ = 0;
  return std::exchange(batch_, std::move(next));
}

}  // namespace handshaked::correlate
