#include "runtime/operator/rate_book.h"

#include <algorithm>
#include <utility>

namespace handshaked::runtime {
namespace {

constexpr std::size_t kFewRows = 1000;
constexpr std::size_t kMostRows = 50'000;
constexpr auto kSoon = std::chrono::seconds(2);
constexpr auto kLater = std::chrono::minutes(1);

std::int64_t minute_of(Time time) {
  return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}

}  // namespace

void RateBook::note(const correlate::FailureBatch& batch, const correlate::Correlator& correlator) {
  for (const correlate::FoldedFailure& folded : batch.failures) {
    const correlate::Incident* const incident =
        correlator.find_by_fingerprint(folded.fingerprint.get());
    if (incident != nullptr && !incident->fleet) count(incident->id, folded.last_at, folded.count);
  }
}

void RateBook::note(const std::vector<correlate::IncidentChange>& changes, Time now) {
  for (const correlate::IncidentChange& change : changes) {
    const correlate::Incident& incident = *change.incident;
    if (!incident.fleet) continue;
    const auto [known, is_new] = reported_.try_emplace(incident.id, incident.count);
    // One that is older than we are: what it had before is no rate of this minute.
    const std::uint64_t before = !is_new                             ? known->second
                                 : now - incident.opened_at < kLater ? 0
                                                                     : incident.count;
    if (incident.count > before) count(incident.id, now, incident.count - before);
    known->second = incident.count;
    if (incident.status == correlate::Status::resolved) reported_.erase(known);
  }
}

/// Lines come by time, more or less: the minute is one of the last.
void RateBook::count(const std::string& incident_id, Time at, std::uint64_t lines) {
  const std::int64_t minute = minute_of(at);
  Minutes& minutes = pending_[incident_id];
  const auto found = std::find_if(minutes.rbegin(), minutes.rend(),
                                  [minute](const auto& one) { return one.first <= minute; });
  if (found != minutes.rend() && found->first == minute) {
    found->second += lines;
    return;
  }
  minutes.insert(found.base(), {minute, lines});
  ++rows_;
}

Duration RateBook::patience() const {
  if (rows_ > kMostRows) return Duration(0);
  return rows_ <= kFewRows ? Duration(kSoon) : Duration(kLater);
}

std::optional<Time> RateBook::next_due() const {
  return rows_ == 0 ? std::nullopt : std::optional(taken_at_ + patience());
}

std::vector<store::Rates::Row> RateBook::take(Time now) {
  std::vector<store::Rates::Row> rows;
  const bool was_set_back = now < taken_at_;
  if (rows_ == 0 || (now < taken_at_ + patience() && !was_set_back)) return rows;
  rows.reserve(rows_);
  for (const auto& [id, minutes] : pending_) {
    for (const auto& [minute, lines] : minutes)
      rows.push_back({.incident_id = id, .minute = minute, .count = lines});
  }
  pending_.clear();
  rows_ = 0;
  taken_at_ = now;
  return rows;
}

}  // namespace handshaked::runtime
