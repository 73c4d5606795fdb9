// What a fix is worth: tried by nginx itself, and with the other members of the group.
#include "diagnose/texts.h"
#include "diagnose/upstream/upstream_case.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostMembersTried = 8;

}  // namespace

std::vector<UpstreamPlace> UpstreamCase::other_members() const {
  std::vector<UpstreamPlace> others;
  const auto& members = view_.destination->group->servers;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (&members[i] == view_.member || !members[i].is_valid || members[i].is_down) continue;
    others.push_back(place_);
    others.back().member = i;
  }
  return others;
}

bool UpstreamCase::all_other_members_fail() {
  if (view_.destination == nullptr || view_.destination->group == nullptr) return false;
  const auto& members = view_.destination->group->servers;
  if (members.size() < 2 || members.size() > kMostMembersTried) return false;
  for (const UpstreamPlace& place : other_members()) {
    const UpstreamVerdict verdict = judge_place(place);
    if (verdict.passes() || verdict.stage == UpstreamStage::untested) return false;
  }
  return true;
}

std::optional<Text> UpstreamCase::what_breaks_beside(const ConfigurationPatch& patch) {
  const nginx::UpstreamGroup* const group =
      view_.destination != nullptr ? view_.destination->group : nullptr;
  if (group == nullptr || group->servers.size() < 2 ||
      surroundings_.prober->scope() != ProbeScope::all)
    return std::nullopt;
  const auto patched = place_with(patch);
  if (!patched) return std::nullopt;
  const ReadConfiguration& read =
      patched.value().read ? *patched.value().read : *surroundings_.nginx;
  for (const UpstreamPlace& place : other_members()) {
    if (*place.member >= kMostMembersTried || is_late()) break;
    UpstreamPlace there = place;
    there.target = patched.value().target;
    const auto view = view_of(there, read, patch.files());
    if (!view || !judge_place(place).passes()) continue;
    const UpstreamVerdict after = judge(*view, false);
    if (after.passes() || after.stage == UpstreamStage::untested ||
        after.stage == UpstreamStage::plain)
      continue;
    const std::string name = group->servers[*place.member].address.text();
    const Text summary = summary_of(after);
    return upstream_text("proof.breaks_another", {{"server", name}, {"problem", summary}});
  }
  return std::nullopt;
}

Result<NginxHandshake> UpstreamCase::ask_nginx(const ConfigurationPatch& patch) {
  TRY(const PatchedPlace place, place_with(patch));
  UpstreamVerdict asked;
  if (!find_peer(place.view, patch.is_empty(), asked))
    return fail(ErrorCode::not_found, asked.problem);
  return ask_nginx(place.view, *asked.peer);
}

Proof UpstreamCase::confirmed(Proof proof, const ConfigurationPatch& patch) {
  if (proof.status != ProofStatus::proved || proof.method == ProofMethod::nginx) return proof;
  if (const auto broken = what_breaks_beside(patch)) {
    return {.status = ProofStatus::refuted, .method = proof.method, .detail = *broken};
  }
  const auto asked = ask_nginx(patch);
  if (!asked) return proof;
  if (asked.value().has_passed) {
    proof.method = ProofMethod::nginx;
    proof.detail = upstream_text("proof.nginx_made_it", {{"proof", proof.detail}});
    return proof;
  }
  const std::string& complaint = asked.value().complaint;
  // A stream server sends no ALPN: what a gRPC peer refuses without it says nothing about gRPC.
  const bool is_final = view_.target->module != nginx::Module::grpc;
  return {.status = is_final ? ProofStatus::refuted : ProofStatus::untested,
          .method = is_final ? ProofMethod::nginx : ProofMethod::none,
          .detail = upstream_text("proof.nginx_complains",
                                  {{"complaint", complaint}, {"proof", proof.detail}})};
}

Proof UpstreamCase::proof_by_nginx(const ConfigurationPatch& patch) {
  const auto asked = ask_nginx(patch);
  if (!asked) {
    const std::string& why = asked.error().context();
    return {.detail = upstream_text("proof.nginx_not_asked", {{"why", why}})};
  }
  if (asked.value().has_passed) {
    return {.status = ProofStatus::proved,
            .method = ProofMethod::nginx,
            .detail = upstream_text("proof.nginx_passes")};
  }
  return refuted_by_nginx(asked.value());
}

}  // namespace handshaked::diagnose
