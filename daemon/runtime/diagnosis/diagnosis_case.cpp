#include "runtime/diagnosis/diagnosis_case.h"

#include <algorithm>
#include <utility>

namespace handshaked::runtime {
namespace {

/// After a round that passed the next follows soon: three in a row end an incident.
constexpr std::chrono::milliseconds kAfterPassed = std::chrono::seconds(10);

}  // namespace

void DiagnosisCase::read_newest_line(std::shared_ptr<const match::RuleSet> rules) {
  const NewestLine read = std::exchange(newest, {});
  if (read.line.empty()) return;
  auto said = diagnose::symptom_of_line(read.line, std::move(rules));
  if (!said) return;
  said->first_at = symptom->first_at;
  said->last_at = read.at;
  said->count = read.count;
  symptom = std::make_shared<const diagnose::Symptom>(std::move(*said));
}

bool DiagnosisCase::is_contradicted_by(const PeerLook& look) const {
  if (!diagnosed || look.is_unsettled || (look.round ? look.round->every_peer_passed : look.passes))
    return false;
  if (diagnosed != look.nginx) return true;
  if (!look.round || !diagnosis) return false;
  const std::string& before = verdict.empty() ? diagnosis->would_log : verdict;
  return (verdict.empty() && diagnosis->is_healthy_now) ||
         (!before.empty() && !look.verdict.empty() && before != look.verdict);
}

std::chrono::milliseconds DiagnosisCase::until_next_probe(bool is_well) const {
  return is_well ? std::min(kAfterPassed, interval) : interval;
}

}  // namespace handshaked::runtime
