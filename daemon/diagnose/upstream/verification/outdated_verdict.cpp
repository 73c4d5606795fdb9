#include <array>

#include "diagnose/case/candidate_diagnosis.h"
#include "diagnose/case/known_fix.h"
#include "diagnose/case/load_time.h"
#include "diagnose/texts.h"
#include "diagnose/upstream/loaded_files.h"
#include "diagnose/upstream/verification/cause_sentences.h"
#include "diagnose/upstream/verification/verification_dead_ends.h"
#include "diagnose/upstream/verification/verification_diagnosis.h"
#include "diagnose/upstream/verification/verification_fixes.h"

namespace handshaked::diagnose {
namespace {

/// nginx keeps sessions of this peer, and OpenSSL keeps the certificate and the verdict in them.
bool may_resume(const UpstreamCase& upstream) {
  const UpstreamVerdict& now = upstream.now();
  return upstream.view().target->settings.session_reuse.is_on() && now.observation &&
         !now.observation->seen.version.empty();
}

/// With TLS 1.3 the ticket comes behind the handshake: whoever gives up because of a verdict never
/// takes one.
bool keeps_failed_sessions(const UpstreamCase& upstream) {
  return upstream.now().observation->seen.version != "TLSv1.3";
}

/// Another place that connects to the same peer through the same group or address, and what its
/// session makes of the line.
struct SharedPlace {
  const nginx::PassTarget* target = nullptr;
  Text what;  ///< "the line's code 20 is what it gets", "it is shown the certificate of …"
  /// Further places of the same upstream whose sessions do not go with that one's either.
  std::vector<const nginx::PassTarget*> others;
};

/// The session of a place whose verdict was `verdict` would have caused the line here.
std::optional<Text> explained_by_session(UpstreamCase& upstream, const UpstreamVerdict& verdict) {
  const Symptom& symptom = upstream.symptom();
  // Who verifies nothing has no callback that lets OpenSSL run on: the first fault stays.
  const auto& faults = verdict.replay.faults;
  const int code =
      verdict.verifies || faults.empty() ? verdict.replay.verify_code : faults.front().code;
  const bool leaves_session = verdict.passes() || keeps_failed_sessions(upstream);
  if (!verdict.has_chain() || !leaves_session) return std::nullopt;
  if (symptom.verify_code) {
    if (code != *symptom.verify_code) return std::nullopt;
    return verification_text("shared.code", {{"code", std::to_string(code)}});
  }
  ReplayInput resumed = upstream.now().input;
  resumed.chain = verdict.input.chain;
  const bool is_another = code == 0 && resumed.chain.front() != upstream.now().input.chain.front();
  const auto seen = is_another
                        ? upstream.replay(resumed)
                        : Result<ReplayResult>(fail(ErrorCode::not_found, "the same certificate"));
  if (!seen || seen.value().name_matches) return std::nullopt;
  const std::string name = verdict.name.verified;
  return verification_text("shared.other_certificate", {{"name", name}});
}

bool is_same_session(const UpstreamVerdict& left, const UpstreamVerdict& right) {
  return left.replay.verify_code == right.replay.verify_code &&
         left.input.chain.front() == right.input.chain.front();
}

std::optional<SharedPlace> sharing_place(UpstreamCase& upstream) {
  const UpstreamView& view = upstream.view();
  if (view.destination == nullptr) return std::nullopt;
  std::optional<SharedPlace> shared;
  UpstreamVerdict its;
  const auto& targets = upstream.surroundings().nginx->passes.targets();
  for (std::size_t t = 0; t < targets.size() && !upstream.is_late(); ++t) {
    if (&targets[t] == view.target || (targets[t].module == nginx::Module::stream_proxy) !=
                                          (view.target->module == nginx::Module::stream_proxy))
      continue;
    for (std::size_t d = 0; d < targets[t].destinations.size(); ++d) {
      const nginx::Destination& other = targets[t].destinations[d];
      const bool is_same = other.group == view.destination->group &&
                           (other.group != nullptr ||
                            nginx::is_same_endpoint(other.address, view.destination->address));
      if (!is_same || !other.is_tls || !targets[t].settings.session_reuse.is_on()) continue;
      UpstreamVerdict verdict = upstream.judge_place({t, d, upstream.place().member});
      if (shared && verdict.has_chain() && !is_same_session(verdict, its))
        shared->others.push_back(&targets[t]);
      if (shared) continue;
      auto what = explained_by_session(upstream, verdict);
      if (!what) continue;
      shared = SharedPlace{&targets[t], std::move(*what), {}};
      its = std::move(verdict);
    }
  }
  return shared;
}

Fix reload_fix(UpstreamCase& upstream) {
  Fix fix = known_fix("upstream_stale_session_verdict", "reload-nginx", upstream.symptom().scheme,
                      upstream.knowledge());
  fix.owner = Owner::proxy;
  fix.commands = commands_after_change(upstream);
  fix.proof.status = ProofStatus::proved;
  fix.proof.method = ProofMethod::replay;
  fix.proof.detail = verification_text("reload.passes", {{"under", upstream.ran_under()}});
  if (fix.title.empty()) fix.title = verification_text("reload.title");
  return fix;
}

/// Off at this place, and at the others of the same upstream that would still take each other's
/// sessions.
void add_no_reuse_fix(UpstreamCase& upstream, std::string_view cause,
                      std::span<const nginx::PassTarget* const> others, Diagnosis& diagnosis) {
  ConfigurationPatch patch = upstream.new_patch();
  const std::array value{std::string("off")};
  const std::string directive = upstream.view().directive("ssl_session_reuse");
  if (!patch.set_directive(upstream.view().settings_block(), directive, value)) return;
  for (const nginx::PassTarget* const other : others) {
    const nginx::Directive& block =
        other->location != nullptr ? *other->location : *other->server->directive;
    if (!patch.set_directive(block, other->settings.session_reuse.directive, value)) return;
  }
  const UpstreamVerdict verdict = upstream.judge(patch);
  auto diff = patch.unified_diff();
  if (!diff || !verdict.passes()) return;
  Fix fix = known_fix(cause, "no-session-reuse", upstream.symptom().scheme, upstream.knowledge());
  fix.owner = Owner::proxy;
  fix.patch = std::move(diff).value();
  fix.changes = patch.changes();
  fix.commands = commands_after_change(upstream);
  fix.proof.status = ProofStatus::proved;
  fix.proof.method = ProofMethod::replay;
  fix.proof.detail = verification_text("shared.no_resumption", {{"under", upstream.ran_under()}});
  diagnosis.fixes.push_back(std::move(fix));
}

void say_shared(UpstreamCase& upstream, const SharedPlace& shared, Diagnosis& diagnosis) {
  const std::string where =
      shared.target->pass->file->path + ":" + std::to_string(shared.target->pass->line);
  diagnosis.cause = "upstream_shared_session_verdict";
  diagnosis.also = {"upstream_stale_session_verdict"};
  diagnosis.confidence = 0.85;
  diagnosis.summary = verification_text("shared.place", {{"place", where}, {"what", shared.what}});
  add_no_reuse_fix(upstream, diagnosis.cause, shared.others, diagnosis);
}

/// The files pass, and nobody saw whether nginx works with them: a reload does no harm, and is no
/// proved cure.
void say_load_unknown(UpstreamCase& upstream, const std::string& cause, Diagnosis& diagnosis) {
  diagnosis.cause = cause;
  diagnosis.confidence = 0.5;
  diagnosis.also = {"upstream_stale_session_verdict"};
  diagnosis.summary = verification_text("reload.load_unknown");
  Fix fix = reload_fix(upstream);
  fix.proof.status = ProofStatus::untested;
  fix.proof.detail = verification_text("reload.passes_load_unknown", {{"proof", fix.proof.detail}});
  diagnosis.fixes.push_back(std::move(fix));
}

}  // namespace

Diagnosis diagnose_outdated_verdict(UpstreamCase& upstream) {
  Diagnosis diagnosis;
  add_upstream_evidence(upstream, diagnosis);
  diagnosis.is_healthy_now = true;
  const LoadedFiles files = loaded_files(upstream);
  add_load_evidence(files, diagnosis);
  const Surroundings& around = upstream.surroundings();
  const bool is_reloaded =
      around.nginx_loaded_at &&
      *around.nginx_loaded_at > upstream.symptom().last_at + kLoadTimePrecision;
  const std::optional<SharedPlace> shared =
      may_resume(upstream) ? sharing_place(upstream) : std::nullopt;
  static const Text kNotTried = verification_text("reload.not_tried");
  const std::string first = upstream.symptom().candidates.empty()
                                ? std::string("upstream_stale_session_verdict")
                                : upstream.symptom().candidates.front().cause;
  if (shared) {
    diagnosis.is_healthy_now = false;
    say_shared(upstream, *shared, diagnosis);
  } else if (!files.not_loaded.empty()) {
    diagnosis.cause = first;
    diagnosis.confidence = 0.6;
    diagnosis.also = {"upstream_stale_session_verdict"};
    diagnosis.summary = verification_text("reload.files_changed");
    diagnosis.fixes.push_back(reload_fix(upstream));
  } else if (!files.unknown.empty() && !is_reloaded) {
    say_load_unknown(upstream, first, diagnosis);
  } else if (may_resume(upstream) && keeps_failed_sessions(upstream) && !is_reloaded) {
    diagnosis.cause = "upstream_stale_session_verdict";
    diagnosis.confidence = 0.75;
    diagnosis.summary = verification_text("reload.stale_session");
    diagnosis.fixes.push_back(reload_fix(upstream));
    add_no_reuse_fix(upstream, diagnosis.cause, {}, diagnosis);
  } else {
    diagnosis.cause = first;
    diagnosis.confidence = 0.5;
    diagnosis.summary = verification_text("reload.over");
  }
  add_known_advice(diagnosis, diagnosis.cause, upstream.symptom().scheme, upstream.knowledge(),
                   kNotTried);
  return diagnosis;
}

}  // namespace handshaked::diagnose
