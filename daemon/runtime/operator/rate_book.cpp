#include "runtime/operator/rate_book.h"

namespace handshaked::runtime {
namespace {

std::int64_t minute_of(Time time) { return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count(); }

}  // namespace

void RateBook::note(const std::vector<correlate::IncidentChange>& changes, Time now) {
  if (minute_ == 0) minute_ = minute_of(now);
  for (const correlate::IncidentChange& change : changes) {
    const correlate::Incident& incident = *change.incident;
    const auto [entry, is_new] = counts_.try_emplace(incident.id);
    // One that is older than we are: what it had before is no rate of this minute.
    if (is_new) entry->second.before = minute_of(incident.opened_at) >= minute_ ? 0 : incident.count;
    entry->second.now = incident.count;
    if (incident.status == correlate::Status::resolved) counts_.erase(entry);  // it rested for long: nothing of this minute is lost
  }
}

std::vector<store::Rates::Row> RateBook::take(Time now) {
  std::vector<store::Rates::Row> rows;
  const std::int64_t minute = minute_of(now);
  if (minute_ == 0 || minute < minute_) minute_ = minute;  // the clock was set back: what was written stays
  if (minute == minute_) return rows;
  for (auto& [id, counted] : counts_) {
    if (counted.now > counted.before) rows.push_back({.incident_id = id, .minute = minute_, .count = counted.now - counted.before});
    counted.before = counted.now;
  }
  minute_ = minute;
  return rows;
}

}  // namespace handshaked::runtime
