#include "diagnose/upstream/upstream_verdict.h"

namespace handshaked::diagnose {
namespace {

constexpr std::string_view kHandshaking = " while SSL handshaking to upstream";

const ReplayFault* last_fault(const ReplayResult& replay) {
  for (auto fault = replay.faults.rbegin(); fault != replay.faults.rend(); ++fault) {
    if (fault->code == replay.verify_code) return &*fault;
  }
  return nullptr;
}

Text verification_summary(const UpstreamVerdict& verdict) {
  const ReplayResult& replay = verdict.replay;
  const std::string code = std::to_string(replay.verify_code) + " (" + replay.verify_text + ")";
  const ReplayFault* const fault = last_fault(replay);
  if (fault == nullptr) return {"verify code " + code, "校验码 " + code};
  const std::string depth = std::to_string(fault->depth);
  return {"verify code " + code + " at depth " + depth + ", " + fault->subject,
          "校验码 " + code + "，深度 " + depth + "，" + fault->subject};
}

std::string handshake_log(const PeerObservation& observation) {
  const ProbeResult& seen = observation.seen;
  switch (seen.outcome) {
    case ProbeOutcome::timed_out: return "upstream timed out (110: Connection timed out)" + std::string(kHandshaking);
    case ProbeOutcome::reset: return "peer closed connection in SSL handshake (104: Connection reset by peer)" + std::string(kHandshaking);
    case ProbeOutcome::closed: return "peer closed connection in SSL handshake" + std::string(kHandshaking);
    case ProbeOutcome::alert:
    case ProbeOutcome::not_tls:
    case ProbeOutcome::tls_error: break;
    default: return {};
  }
  std::string text =
      seen.phase == ProbePhase::after_handshake ? "SSL_read() failed (SSL: error:" : "SSL_do_handshake() failed (SSL: error:";
  text += seen.reason_code + ":SSL routines::" + seen.reason;
  if (seen.alert) text += ":SSL alert number " + std::to_string(*seen.alert);
  text += ")";
  text += seen.phase == ProbePhase::after_handshake ? " while reading response header from upstream" : kHandshaking;
  return text;
}

}  // namespace

std::string_view to_string(UpstreamStage stage) {
  switch (stage) {
    case UpstreamStage::untested: return "untested";
    case UpstreamStage::configuration: return "configuration";
    case UpstreamStage::resolve: return "resolve";
    case UpstreamStage::connect: return "connect";
    case UpstreamStage::handshake: return "handshake";
    case UpstreamStage::verification: return "verification";
    case UpstreamStage::name: return "name";
    case UpstreamStage::passes: return "passes";
    case UpstreamStage::plain: return "plain";
  }
  return "untested";
}

const CertificateFacts* UpstreamVerdict::leaf() const {
  return observation && observation->has_chain() ? &observation->seen.chain.front().facts : nullptr;
}

std::string would_log(const UpstreamVerdict& verdict) {
  switch (verdict.stage) {
    case UpstreamStage::verification:
      return "upstream SSL certificate verify error: (" + std::to_string(verdict.replay.verify_code) + ":" + verdict.replay.verify_text +
             ")" + std::string(kHandshaking);
    case UpstreamStage::name:
      return "upstream SSL certificate does not match \"" + verdict.name.verified + "\"" + std::string(kHandshaking);
    case UpstreamStage::connect:
      if (verdict.observation && verdict.observation->seen.outcome == ProbeOutcome::refused) {
        return "connect() failed (111: Connection refused) while connecting to upstream";
      }
      if (verdict.observation && verdict.observation->seen.outcome == ProbeOutcome::timed_out) {
        return "upstream timed out (110: Connection timed out) while connecting to upstream";
      }
      return verdict.observation ? "connect() failed (" + std::to_string(verdict.observation->seen.system_error) + ": " +
                                       verdict.observation->seen.reason + ") while connecting to upstream"
                                 : std::string();
    case UpstreamStage::handshake:
      if (verdict.is_by_nginx) return verdict.problem;
      return verdict.observation ? handshake_log(*verdict.observation) : std::string();
    default: return {};
  }
}

Text summary_of(const UpstreamVerdict& verdict) {
  switch (verdict.stage) {
    case UpstreamStage::untested: return {"not tested: " + verdict.problem, "未测试：" + verdict.problem};
    case UpstreamStage::configuration: return {"nginx would refuse it: " + verdict.problem, "nginx 会拒绝：" + verdict.problem};
    case UpstreamStage::resolve: return {"the name does not resolve: " + verdict.problem, "名称无法解析：" + verdict.problem};
    case UpstreamStage::connect:
    case UpstreamStage::handshake: {
      if (verdict.is_by_nginx) return {"nginx itself says: " + verdict.problem, "nginx 自身报告：" + verdict.problem};
      const std::string seen = verdict.observation ? summary_of(verdict.observation->seen) : verdict.problem;
      return {"no handshake: " + seen, "握手未完成：" + seen};
    }
    case UpstreamStage::verification: return verification_summary(verdict);
    case UpstreamStage::name:
      return {"the certificate does not match \"" + verdict.name.verified + "\"", "证书与 “" + verdict.name.verified + "” 不匹配"};
    case UpstreamStage::passes:
      if (verdict.is_by_nginx) return {"nginx itself makes this handshake: it passes", "由 nginx 自身完成该握手：通过"};
      if (!verdict.verifies) return {"passes, because nothing is verified", "通过，但只是因为没有做任何校验"};
      return {"passes: chain and name are good", "通过：证书链与名称均正确"};
    case UpstreamStage::plain: return {"nginx speaks no TLS there", "nginx 在此不使用 TLS"};
  }
  return {};
}

}  // namespace handshaked::diagnose
