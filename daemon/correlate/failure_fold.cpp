#include "correlate/failure_fold.h"

#include <algorithm>

#include "correlate/incident.h"

namespace handshaked::correlate {
namespace {

constexpr std::size_t kMaxSampleLine = 2048;

void add_distinct(std::vector<std::string>& list, std::string_view text, std::size_t limit) {
  if (text.empty() || list.size() >= limit || std::find(list.begin(), list.end(), text) != list.end()) return;
  list.emplace_back(text);
}

}  // namespace

FailureFold::FailureFold(std::shared_ptr<const match::RuleSet> rules, std::string source) {
  batch_.rules = std::move(rules);
  batch_.source = std::move(source);
}

FoldedFailure* FailureFold::find_or_add(const match::RecognisedLine& failure, const IncidentKey& key) {
  if (const auto it = by_key_.find(key.hash); it != by_key_.end()) return &batch_.failures[it->second];
  if (batch_.failures.size() >= kMaxPlaces) return nullptr;
  by_key_.emplace(key.hash, batch_.failures.size());
  FoldedFailure& folded = batch_.failures.emplace_back();
  folded.rule = &failure.rule;
  folded.place = place_of(failure, key);
  folded.opening_offset = failure.offset.value;
  return &folded;
}

void FailureFold::on_failure(const match::RecognisedLine& failure) {
  if (!failure.trusted) {
    ++batch_.untrusted;
    return;
  }
  const IncidentKey key = incident_key(failure);
  FoldedFailure* const folded = find_or_add(failure, key);
  if (folded == nullptr) {
    ++batch_.overflow;
    return;
  }
  const Time at = failure.time && !live_ ? failure.time->utc : now_;
  if (folded->count == 0) folded->first_at = folded->last_at = at;
  folded->first_at = std::min(folded->first_at, at);
  folded->last_at = std::max(folded->last_at, at);
  ++folded->count;
  if (!failure.record.client.empty()) folded->clients.add(failure.record.client);
  if (failure.rule.noise && !failure.record.client.empty()) folded->networks.add(network_of(failure.record.client));
  add_distinct(folded->servers, failure.record.server, Incident::kMaxServers);
  add_distinct(folded->hosts, failure.record.envelope_host, Incident::kMaxHosts);
  if (folded->sample_lines.size() < Incident::kMaxSamples) folded->sample_lines.emplace_back(failure.line.substr(0, kMaxSampleLine));
}

FailureBatch FailureFold::take() {
  FailureBatch next;
  next.rules = batch_.rules;
  next.source = batch_.source;
  by_key_.clear();
  return std::exchange(batch_, std::move(next));
}

}  // namespace handshaked::correlate
