#include <array>

#include "diagnose/case/candidate_diagnosis.h"
#include "diagnose/case/known_fix.h"
#include "diagnose/case/load_time.h"
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
  return upstream.view().target->settings.session_reuse.is_on() && now.observation && !now.observation->seen.version.empty();
}

/// With TLS 1.3 the ticket comes behind the handshake: whoever gives up because of a verdict never takes one.
bool keeps_failed_sessions(const UpstreamCase& upstream) { return upstream.now().observation->seen.version != "TLSv1.3"; }

/// Another place that connects to the same peer through the same group or address, and what its session makes of the line.
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
  const int code = verdict.verifies || faults.empty() ? verdict.replay.verify_code : faults.front().code;
  const bool leaves_session = verdict.passes() || keeps_failed_sessions(upstream);
  if (!verdict.has_chain() || !leaves_session) return std::nullopt;
  if (symptom.verify_code) {
    if (code != *symptom.verify_code) return std::nullopt;
    return Text{"the line's code " + std::to_string(code) + " is what that place gets from the same upstream with its own settings",
                "日志中的校验码 " + std::to_string(code) + " 是该处以其自身设置访问同一上游得到的结果"};
  }
  ReplayInput resumed = upstream.now().input;
  resumed.chain = verdict.input.chain;
  const bool is_another = code == 0 && resumed.chain.front() != upstream.now().input.chain.front();
  const auto seen = is_another ? upstream.replay(resumed) : Result<ReplayResult>(fail(ErrorCode::not_found, "the same certificate"));
  if (!seen || seen.value().name_matches) return std::nullopt;
  const std::string name = verdict.name.verified;
  return Text{"that place is shown another certificate of the same upstream, for \"" + name + "\"",
              "该处从同一上游得到的是另一张证书，对应 “" + name + "”"};
}

bool is_same_session(const UpstreamVerdict& left, const UpstreamVerdict& right) {
  return left.replay.verify_code == right.replay.verify_code && left.input.chain.front() == right.input.chain.front();
}

std::optional<SharedPlace> sharing_place(UpstreamCase& upstream) {
  const UpstreamView& view = upstream.view();
  if (view.destination == nullptr) return std::nullopt;
  std::optional<SharedPlace> shared;
  UpstreamVerdict its;
  const auto& targets = upstream.surroundings().nginx->passes.targets();
  for (std::size_t t = 0; t < targets.size() && !upstream.is_late(); ++t) {
    if (&targets[t] == view.target ||
        (targets[t].module == nginx::Module::stream_proxy) != (view.target->module == nginx::Module::stream_proxy))
      continue;
    for (std::size_t d = 0; d < targets[t].destinations.size(); ++d) {
      const nginx::Destination& other = targets[t].destinations[d];
      const bool is_same = other.group == view.destination->group &&
                           (other.group != nullptr || nginx::is_same_endpoint(other.address, view.destination->address));
      if (!is_same || !other.is_tls || !targets[t].settings.session_reuse.is_on()) continue;
      UpstreamVerdict verdict = upstream.judge_place({t, d, upstream.place().member});
      if (shared && verdict.has_chain() && !is_same_session(verdict, its)) shared->others.push_back(&targets[t]);
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
  Fix fix = known_fix("upstream_stale_session_verdict", "reload-nginx", upstream.symptom().scheme, upstream.knowledge());
  fix.owner = Owner::proxy;
  fix.commands = commands_after_change(upstream);
  fix.proof.status = ProofStatus::proved;
  fix.proof.method = ProofMethod::replay;
  fix.proof.detail = {"A full handshake and nginx’s verification with the configuration and files as they are on disk: passes (" +
                          upstream.ran_under() + ").",
                      "按磁盘上的配置与文件做完整握手并重复 nginx 的校验：通过（" + upstream.ran_under() + "）。"};
  if (fix.title.empty()) fix.title = {"Reload nginx", "重新加载 nginx"};
  return fix;
}

/// Off at this place, and at the others of the same upstream that would still take each other's sessions.
void add_no_reuse_fix(UpstreamCase& upstream, std::string_view cause, std::span<const nginx::PassTarget* const> others,
                      Diagnosis& diagnosis) {
  ConfigurationPatch patch = upstream.new_patch();
  const std::array value{std::string("off")};
  const std::string directive = upstream.view().directive("ssl_session_reuse");
  if (!patch.set_directive(upstream.view().settings_block(), directive, value)) return;
  for (const nginx::PassTarget* const other : others) {
    const nginx::Directive& block = other->location != nullptr ? *other->location : *other->server->directive;
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
  fix.proof.detail = {
      "Without resumption every handshake is verified again; the verification of a full handshake passes (" + upstream.ran_under() + ").",
      "不恢复会话时每次握手都会重新校验；完整握手的校验通过（" + upstream.ran_under() + "）。"};
  diagnosis.fixes.push_back(std::move(fix));
}

void say_shared(UpstreamCase& upstream, const SharedPlace& shared, Diagnosis& diagnosis) {
  const std::string where = shared.target->pass->file->path + ":" + std::to_string(shared.target->pass->line);
  diagnosis.cause = "upstream_shared_session_verdict";
  diagnosis.also = {"upstream_stale_session_verdict"};
  diagnosis.confidence = 0.85;
  diagnosis.summary = {"This place verifies well by itself. It shares the upstream with the place in " + where + ": " + shared.what.en +
                           ". nginx keeps one session for each peer, and a resumed session carries the certificate and the verdict of "
                           "whoever made it.",
                       "此处单独校验是通过的。它与 " + where + " 处共用同一上游：" + shared.what.zh +
                           "。nginx 为每个对端只保存一个会话，恢复的会话带着建立者的证书与校验结论。"};
  add_no_reuse_fix(upstream, diagnosis.cause, shared.others, diagnosis);
}

/// The files pass, and nobody saw whether nginx works with them: a reload does no harm, and is no proved cure.
void say_load_unknown(UpstreamCase& upstream, const std::string& cause, Diagnosis& diagnosis) {
  diagnosis.cause = cause;
  diagnosis.confidence = 0.5;
  diagnosis.also = {"upstream_stale_session_verdict"};
  diagnosis.summary = {
      "With the files as they are on disk now the upstream verifies. They were changed about when nginx read its configuration: whether "
      "nginx works with them cannot be told.",
      "按磁盘上现有的文件，上游校验通过。这些文件的更改时间与 nginx 读取配置的时间相近：无法判断 nginx 是否已在使用它们。"};
  Fix fix = reload_fix(upstream);
  fix.proof.status = ProofStatus::untested;
  fix.proof.detail.en += " Whether nginx lacks these files is not known.";
  fix.proof.detail.zh += "nginx 是否缺少这些文件尚不清楚。";
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
  const bool is_reloaded = around.nginx_loaded_at && *around.nginx_loaded_at > upstream.symptom().last_at + kLoadTimePrecision;
  const std::optional<SharedPlace> shared = may_resume(upstream) ? sharing_place(upstream) : std::nullopt;
  static const Text kNotTried{"not tried", "未验证"};
  const std::string first =
      upstream.symptom().candidates.empty() ? std::string("upstream_stale_session_verdict") : upstream.symptom().candidates.front().cause;
  if (shared) {
    diagnosis.is_healthy_now = false;
    say_shared(upstream, *shared, diagnosis);
  } else if (!files.not_loaded.empty()) {
    diagnosis.cause = first;
    diagnosis.confidence = 0.6;
    diagnosis.also = {"upstream_stale_session_verdict"};
    diagnosis.summary = {"With the files as they are on disk now the upstream verifies; nginx has not been reloaded since they changed.",
                         "按磁盘上现有的文件，上游校验通过；文件修改后 nginx 尚未重新加载。"};
    diagnosis.fixes.push_back(reload_fix(upstream));
  } else if (!files.unknown.empty() && !is_reloaded) {
    say_load_unknown(upstream, first, diagnosis);
  } else if (may_resume(upstream) && keeps_failed_sessions(upstream) && !is_reloaded) {
    diagnosis.cause = "upstream_stale_session_verdict";
    diagnosis.confidence = 0.75;
    diagnosis.summary = {
        "A fresh handshake verifies now, so the fault is gone; but nginx resumes TLS sessions of this peer, and a resumed session repeats "
        "the old verdict until nginx is reloaded.",
        "新的握手现已通过校验，故障本身已消失；但 nginx 会恢复与该对端的 TLS 会话，而恢复的会话会重复旧的校验结论，直到 nginx 重新加载。"};
    diagnosis.fixes.push_back(reload_fix(upstream));
    add_no_reuse_fix(upstream, diagnosis.cause, {}, diagnosis);
  } else {
    diagnosis.cause = first;
    diagnosis.confidence = 0.5;
    diagnosis.summary = {
        "The upstream verifies now: the fault that was logged is over, or another server behind the same address showed it.",
        "上游目前校验通过：日志中的故障已经消失，或出自同一地址后面的另一台服务器。"};
  }
  add_known_advice(diagnosis, diagnosis.cause, upstream.symptom().scheme, upstream.knowledge(), kNotTried);
  return diagnosis;
}

}  // namespace handshaked::diagnose
