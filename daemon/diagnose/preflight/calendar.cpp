#include <algorithm>
#include <set>

#include "diagnose/preflight/forecast_parts.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostDates = 256;  // of one place; the nearest count

void add_dates(const CertificateFacts& facts, Time from, Time until, std::set<Time>& dates) {
  const auto add = [&](Time at) {
    if (at > from && at <= until) dates.insert(at);
  };
  add(facts.not_before);
  add(facts.not_after + std::chrono::seconds(1));  // both ends belong to the period
}

}  // namespace

std::vector<DatedVerdict> verdicts_until(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                                         const nginx::ConfigurationFiles& files, Time until) {
  std::set<Time> dates;
  const Time from = verdict.input.at;
  for (const PeerCertificate& one : verdict.observation->seen.chain)
    add_dates(one.facts, from, until, dates);
  for (const std::string& path : {verdict.trusted_file, verdict.crl_file}) {
    if (path.empty()) continue;
    const auto bundle = upstream.bundle(files, path);
    if (!bundle) continue;
    for (const BundledCertificate& one : bundle.value()->certificates)
      add_dates(one.certificate.facts(), from, until, dates);
    for (const BundledCrl& one : bundle.value()->crls) {
      const auto end = one.crl.facts().next_update;
      if (end && *end > from && *end < until) dates.insert(*end + std::chrono::seconds(1));
    }
  }
  std::vector<ReplayInput> inputs;
  for (const Time at : dates) {
    if (inputs.size() == kMostDates) break;
    inputs.push_back(verdict.input);
    inputs.back().at = at;
  }
  if (inputs.empty()) return {};
  const auto results = upstream.replay(std::span<const ReplayInput>(inputs));
  if (!results) return {};
  std::vector<DatedVerdict> changes;
  int code = verdict.replay.verify_code;
  bool matches = verdict.replay.name_matches;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const ReplayResult& result = results.value()[i];
    if (result.verify_code == code && result.name_matches == matches) continue;
    code = result.verify_code;
    matches = result.name_matches;
    changes.push_back({inputs[i].at, result});
  }
  return changes;
}

}  // namespace handshaked::diagnose
