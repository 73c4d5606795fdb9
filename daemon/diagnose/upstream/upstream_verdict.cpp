#include "diagnose/upstream/upstream_verdict.h"

#include "diagnose/texts.h"

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
  if (fault == nullptr) return upstream_text("verdict.code", {{"code", code}});
  const std::string depth = std::to_string(fault->depth);
  return upstream_text("verdict.code_at_depth",
                       {{"code", code}, {"depth", depth}, {"subject", fault->subject}});
}

std::string handshake_log(const PeerObservation& observation) {
  const ProbeResult& seen = observation.seen;
  switch (seen.outcome) {
    case ProbeOutcome::timed_out:
      return "upstream timed out (110: Connection timed out)" + std::string(kHandshaking);
    case ProbeOutcome::reset:
      return "peer closed connection in SSL handshake (104: Connection reset by peer)" +
             std::string(kHandshaking);
    case ProbeOutcome::closed:
      return "peer closed connection in SSL handshake" + std::string(kHandshaking);
    case ProbeOutcome::alert:
    case ProbeOutcome::not_tls:
    case ProbeOutcome::tls_error: break;
    default: return {};
  }
  std::string text = seen.phase == ProbePhase::after_handshake
                         ? "SSL_read() failed (SSL: error:"
                         : "SSL_do_handshake() failed (SSL: error:";
  text += seen.reason_code + ":SSL routines::" + seen.reason;
  if (seen.alert) text += ":SSL alert number " + std::to_string(*seen.alert);
  text += ")";
  text += seen.phase == ProbePhase::after_handshake ? " while reading response header from upstream"
                                                    : kHandshaking;
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
      return "upstream SSL certificate verify error: (" +
             std::to_string(verdict.replay.verify_code) + ":" + verdict.replay.verify_text + ")" +
             std::string(kHandshaking);
    case UpstreamStage::name:
      return "upstream SSL certificate does not match \"" + verdict.name.verified + "\"" +
             std::string(kHandshaking);
    case UpstreamStage::connect:
      if (verdict.observation && verdict.observation->seen.outcome == ProbeOutcome::refused) {
        return "connect() failed (111: Connection refused) while connecting to upstream";
      }
      if (verdict.observation && verdict.observation->seen.outcome == ProbeOutcome::timed_out) {
        return "upstream timed out (110: Connection timed out) while connecting to upstream";
      }
      return verdict.observation
                 ? "connect() failed (" + std::to_string(verdict.observation->seen.system_error) +
                       ": " + verdict.observation->seen.reason + ") while connecting to upstream"
                 : std::string();
    case UpstreamStage::handshake:
      if (verdict.is_by_nginx) return verdict.problem;
      return verdict.observation ? handshake_log(*verdict.observation) : std::string();
    default: return {};
  }
}

Text summary_of(const UpstreamVerdict& verdict) {
  switch (verdict.stage) {
    case UpstreamStage::untested:
      return upstream_text("verdict.untested", {{"problem", verdict.problem}});
    case UpstreamStage::configuration:
      return upstream_text("verdict.refused", {{"problem", verdict.problem}});
    case UpstreamStage::resolve:
      return upstream_text("verdict.unresolved", {{"problem", verdict.problem}});
    case UpstreamStage::connect:
    case UpstreamStage::handshake: {
      if (verdict.is_by_nginx)
        return upstream_text("verdict.by_nginx", {{"problem", verdict.problem}});
      const std::string seen =
          verdict.observation ? summary_of(verdict.observation->seen) : verdict.problem;
      return upstream_text("verdict.no_handshake", {{"seen", seen}});
    }
    case UpstreamStage::verification: return verification_summary(verdict);
    case UpstreamStage::name:
      return upstream_text("verdict.name_differs", {{"name", verdict.name.verified}});
    case UpstreamStage::passes:
      if (verdict.is_by_nginx) return upstream_text("verdict.nginx_passes");
      if (!verdict.verifies) return upstream_text("verdict.unverified");
      return upstream_text("verdict.passes");
    case UpstreamStage::plain: return upstream_text("verdict.plain");
  }
  return {};
}

}  // namespace handshaked::diagnose
