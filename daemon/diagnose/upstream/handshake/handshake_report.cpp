#include "diagnose/upstream/handshake/handshake_report.h"

#include <algorithm>

#include "diagnose/case/candidate_diagnosis.h"
#include "diagnose/case/known_fix.h"
#include "diagnose/case/protection.h"
#include "diagnose/texts.h"
#include "diagnose/upstream/handshake/handshake_families.h"
#include "diagnose/upstream/verification/known_material.h"
#include "diagnose/upstream/verification/verification_cause.h"
#include "diagnose/upstream/verification/verification_diagnosis.h"

namespace handshaked::diagnose {
namespace {

/// Of looks at a peer that has kept silent before.
constexpr std::chrono::milliseconds kShortLook{2'500};

Text join(const Text& first, const Text& second) {
  if (first.empty()) return second;
  if (second.empty()) return first;
  return {first.en + " " + second.en, first.zh + " " + second.zh};
}

bool is_silent(const ProbeResult* seen) {
  return seen != nullptr && seen->outcome == ProbeOutcome::timed_out;
}

}  // namespace

HandshakeReport::HandshakeReport(UpstreamCase& upstream) : upstream_(upstream) {
  add_upstream_evidence(upstream_, diagnosis_);
  diagnosis_.is_healthy_now = now().passes();
  if (seen() == nullptr && !now().problem.empty())
    note("peer", handshake_text("now.not_looked_at", {{"problem", now().problem}}));
}

const ProbeResult* HandshakeReport::seen() const {
  return now().observation ? &now().observation->seen : nullptr;
}

std::string HandshakeReport::peer() const {
  if (now().peer) return to_string(now().peer->address());
  if (!symptom().peer.empty()) return symptom().peer;
  const nginx::Address* const address = view().address();
  if (address != nullptr) return address->text();
  const std::string_view pass = view().target->pass->argument(0);
  return std::string(pass.substr(0, pass.find('?')));  // a query may hold a key
}

MakeHandshake HandshakeReport::looking() const {
  const bool is_brief = is_silent(seen());
  return [this, is_brief](const ProbeRequest& request) -> std::optional<ProbeResult> {
    if (upstream_.is_late()) return std::nullopt;
    ProbeRequest asked = request;
    if (is_brief) asked.timeout = std::min(asked.timeout, kShortLook);
    auto observed = upstream_.observe(asked);
    if (!observed || observed.value().seen.outcome == ProbeOutcome::local_error)
      return std::nullopt;
    return std::move(observed.value().seen);
  };
}

void HandshakeReport::conclude(std::string cause, double confidence) {
  diagnosis_.cause = std::move(cause);
  diagnosis_.confidence = confidence;
  diagnosis_.summary = meaning_of(diagnosis_.cause, symptom().scheme, upstream_.knowledge());
}

void HandshakeReport::note(std::string kind, Text text) {
  diagnosis_.evidence.push_back({std::move(kind), std::move(text)});
}

Proof HandshakeReport::proof_of(const UpstreamVerdict& verdict) const {
  Proof proof;
  const Text summary = summary_of(verdict);
  const std::string under = verdict.policy.description();
  proof.detail =
      handshake_text("proof.repeated", {{"peer", peer()}, {"verdict", summary}, {"under", under}});
  if (verdict.stage == UpstreamStage::untested || verdict.asked.left_out_client_certificate) {
    proof.detail = summary;
    if (verdict.asked.left_out_client_certificate) {
      const std::string& why = verdict.asked.client_certificate_problem;
      proof.detail = handshake_text("proof.without_certificate", {{"why", why}});
    }
    return proof;
  }
  proof.method = verdict.is_by_nginx ? ProofMethod::nginx : ProofMethod::probe;
  proof.status = verdict.passes() ? ProofStatus::proved : ProofStatus::refuted;
  return proof;
}

UpstreamVerdict HandshakeReport::propose(std::string_view cause, std::string_view id,
                                         const Result<>& written, const ConfigurationPatch& patch,
                                         const Text& how) {
  UpstreamVerdict verdict;
  if (!written) {
    Fix& fix = advise(cause, id, how, {});
    const std::string why = written.error().message();
    fix.proof.detail = handshake_text("proof.not_written", {{"why", why}});
    verdict.problem = why;
    return verdict;
  }
  verdict = upstream_.judge(patch);
  if (verdict.stage == UpstreamStage::verification || verdict.stage == UpstreamStage::name) {
    if (auto further = repaired_further(patch, verdict)) {
      const std::string unmeant = further->unmeant_name();
      Proof proof = unmeant.empty()
                        ? upstream_.confirmed(proof_of(further->verdict), further->patch)
                        : Proof{.detail = not_meant(unmeant)};
      propose_with(cause, id, further->patch, hand_written(further->patch), std::move(proof));
      return std::move(further->verdict);
    }
  }
  Proof proof = upstream_.confirmed(proof_of(verdict), patch);
  const bool is_further =
      verdict.stage == UpstreamStage::verification || verdict.stage == UpstreamStage::name;
  // Needed, and not enough alone: the handshake succeeds with it, and what it brings to light has
  // no cure here.
  if (is_further) proof.status = ProofStatus::untested;
  if (proof.status != ProofStatus::refuted) {
    propose_with(cause, id, patch, how, std::move(proof));
  } else {
    // What was tried in vain is no patch to hand out.
    advise(cause, id, {}, {}).proof = std::move(proof);
  }
  return verdict;
}

std::optional<RepairedState> HandshakeReport::repaired_further(const ConfigurationPatch& patch,
                                                               const UpstreamVerdict& verdict) {
  const Text summary = summary_of(verdict);
  note("replay", handshake_text("proof.second_fault", {{"fault", summary}}));
  RepairSearch search = find_repairs(upstream_, patch, verdict, KnownMaterial(upstream_));
  if (search.solutions.empty()) {
    for (const FoundCause& one : causes_of_faults(upstream_, verdict, {}))
      diagnosis_.also.push_back(one.slug);
    return std::nullopt;
  }
  RepairedState solution = std::move(search.solutions.front());
  for (std::size_t i = 0; i < solution.repairs.size(); ++i) {
    const UpstreamVerdict& after =
        i + 1 < solution.repairs.size() ? solution.before[i + 1] : solution.verdict;
    diagnosis_.also.push_back(
        cause_of_repair(upstream_, solution.repairs[i], solution.before[i], after).slug);
  }
  return solution;
}

void HandshakeReport::propose_with(std::string_view cause, std::string_view id,
                                   const ConfigurationPatch& patch, const Text& how, Proof proof) {
  Fix fix = known_fix(cause, id, symptom().scheme, upstream_.knowledge());
  if (!how.empty()) fix.how = how;
  fix.proof = std::move(proof);
  fix.changes = patch.changes();
  if (auto diff = patch.unified_diff()) fix.patch = std::move(diff).value();
  else fix.proof.detail = join(fix.proof.detail, {diff.error().message(), diff.error().message()});
  diagnosis_.fixes.push_back(std::move(fix));
}

Fix& HandshakeReport::advise(std::string_view cause, std::string_view id, const Text& how,
                             const Text& message) {
  Fix fix = known_fix(cause, id, symptom().scheme, upstream_.knowledge());
  if (!how.empty()) fix.how = how;
  fix.message = message;
  fix.proof.detail = handshake_text("proof.not_ours");
  diagnosis_.fixes.push_back(std::move(fix));
  return diagnosis_.fixes.back();
}

Diagnosis HandshakeReport::finish() {
  static const Text kUntried = diagnosis_text("proof.from_knowledge");
  add_known_advice(diagnosis_, diagnosis_.cause, symptom().scheme, upstream_.knowledge(), kUntried);
  mark_unsafe_fixes(diagnosis_);
  try_dead_ends(upstream_, diagnosis_);
  rank_fixes(diagnosis_.fixes);
  return std::move(diagnosis_);
}

}  // namespace handshaked::diagnose
