#include <algorithm>
#include <array>

#include "diagnose/handshake_families.h"
#include "diagnose/handshake_settings.h"

namespace handshaked::diagnose {
namespace {

constexpr std::chrono::milliseconds kShortLook{2'500};

/// A handshake that no server can want, so that the answer is one small alert: does the peer live, and do only large packets vanish?
ProbeRequest request_for_an_alert(const ProbeRequest& own) {
  ProbeRequest request = own;
  request.protocols = {TlsVersion::tls1_2};
  request.ciphers = "NULL-SHA256:@SECLEVEL=0";
  request.conf_commands.clear();
  request.client.reset();
  request.timeout = kShortLook;
  return request;
}

std::string cause_of_alert(int alert) {
  switch (alert) {
    case 47: return "upstream_sent_alert_illegal_parameter";
    case 49: return "upstream_sent_alert_access_denied";
    case 71: return "upstream_sent_alert_insufficient_security";
    case 80: return "upstream_sent_alert_internal_error";
    case 112: return "upstream_sni_missing";
    case 120: return "upstream_alpn_mismatch";
    case 20: return "upstream_handshake_corrupted";
    case 70: return "proxy_ssl_protocols_mismatch";
    default: return "upstream_sent_alert";
  }
}

bool contains_any(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

/// Of OpenSSL's own complaints about what came.
std::string cause_of_reason(const std::string& reason) {
  if (contains_any(reason, {"excessive message size", "uncompressed cert too large"})) return "upstream_chain_too_big";
  if (contains_any(reason, {"bad record mac", "decryption failed", "digest check failed", "bad packet", "bad length"})) {
    return "upstream_handshake_corrupted";
  }
  if (contains_any(reason, {"bad signature", "wrong signature length"})) return "upstream_signature_invalid";
  if (contains_any(reason, {"unsafe legacy renegotiation"})) return "upstream_unsafe_legacy_renegotiation";
  if (contains_any(reason, {"dh key too small"})) return "upstream_dh_key_too_small";
  if (contains_any(reason, {"legacy sigalg", "unsupported protocol", "version too low"})) return "upstream_protocol_too_old";
  if (contains_any(reason, {"wrong curve", "bad ecpoint", "unsupported elliptic curve"})) return "upstream_no_shared_group";
  if (contains_any(reason, {"wrong signature type", "no suitable signature"})) return "upstream_no_shared_sigalg";
  if (contains_any(reason, {"wrong cipher returned", "no ciphers available"})) return "upstream_no_shared_cipher";
  if (contains_any(reason, {"no protocols available", "wrong ssl version"})) return "proxy_ssl_protocols_mismatch";
  return "upstream_protocol_violation";
}

/// The peer answers, only later than nginx waits: then waiting is the cure.
bool propose_patience(HandshakeReport& report) {
  constexpr std::chrono::milliseconds kPatient{10'000};
  ProbeRequest request = report.now().asked.request;
  if (request.timeout >= kPatient || report.upstream().is_late()) return false;
  request.timeout = kPatient;
  const auto observed = report.upstream().observe(request);
  if (!observed || !has_agreed(observed.value().seen)) return false;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(observed.value().seen.elapsed).count();
  const std::string took = std::to_string(seconds);
  report.conclude("upstream_handshake_timeout", 0.95);
  report.note("peer", {"the handshake succeeds when it is given " + took + " s", "给足 " + took + " 秒，握手即可完成"});
  ConfigurationPatch patch = report.upstream().new_patch();
  const std::array wait{std::to_string(3 * seconds) + "s"};
  const auto written = set_upstream_directive(patch, report.view(), "connect_timeout", wait);
  report.propose("upstream_handshake_timeout", "raise-connect-timeout", written, patch, written ? hand_written(patch) : Text{});
  return true;
}

void conclude_silence(HandshakeReport& report) {
  const ProbeResult& seen = *report.seen();
  const bool came_something = seen.phase > ProbePhase::client_hello || seen.bytes_received > 0;
  const auto answer = report.looking()(request_for_an_alert(report.now().asked.request));
  const bool answers_small = answer && (answer->alert || answer->first_bytes == FirstBytes::tls);
  if (answer) {
    const std::string summary = summary_of(*answer);
    report.note("peer",
                {"to a hello that calls for a small answer it says: " + summary, "对只需很小应答的 ClientHello，它的反应：" + summary});
  }
  if (!answers_small && !came_something) {
    if (!propose_patience(report)) report.conclude("upstream_handshake_timeout", 0.85);
    return;
  }
  report.note("peer", {"small packets arrive and the certificate's do not: what a path does that drops large packets without saying so",
                       "小包能到达，而携带证书的大包到不了：路径在悄悄丢弃大包"});
  report.conclude("upstream_mtu_blackhole", 0.85);
}

std::string logged_cause(const HandshakeReport& report) {
  const auto& candidates = report.symptom().candidates;
  return candidates.empty() ? std::string("upstream_sent_alert") : candidates.front().cause;
}

/// What the line says and the configuration makes likely, where nobody looked.
void conclude_from_line(HandshakeReport& report) {
  const Symptom& symptom = report.symptom();
  std::string cause = logged_cause(report);
  double confidence = symptom.candidates.empty() ? 0.3 : symptom.candidates.front().likelihood;
  // A candidate that the configuration rules out gives way to the next.
  for (const match::CandidateCause& candidate : symptom.candidates) {
    const bool is_about_sni = candidate.cause == "upstream_sni_missing";
    const bool is_about_certificate = candidate.cause == "upstream_requires_client_cert";
    const bool is_stream_only = candidate.cause == "upstream_rejects_proxy_protocol";
    if (is_about_sni && !report.now().asked.request.server_name.empty()) continue;
    if (is_about_certificate && report.now().asked.has_client_certificate) continue;
    if (is_stream_only && !report.now().asked.request.send_proxy_header) continue;
    cause = candidate.cause;
    confidence = candidate.likelihood;
    break;
  }
  report.conclude(cause, confidence);
}

Text words_for_owner(const HandshakeReport& report) {
  const std::string peer = report.peer();
  const ProbeResult* const seen = report.seen();
  const std::string what = seen != nullptr ? summary_of(*seen) : report.symptom().message;
  const ProbeRequest& asked = report.now().asked.request;
  const std::string name = asked.server_name.empty() ? "none" : asked.server_name;
  return {
      "Our TLS handshakes with " + peer + " end so: " + what + ". SNI sent: " + name +
          ". Nothing that we vary on our side changes it. What does your log say at that time?",
      "我方与 " + peer + " 的 TLS 握手结果为：" + what + "。发送的 SNI：" + name + "。我方改变任何设置都没有影响。请查看你们当时的日志。"};
}

/// The fix of the knowledge base that somebody else has to make.
void ask_owner(HandshakeReport& report) {
  struct Asked {
    std::string_view cause, fix;
  };
  static constexpr std::array<Asked, 13> kAsked{{
      {"upstream_sent_alert", "ask-upstream-log"},
      {"upstream_sent_alert_internal_error", "ask-upstream-log"},
      {"upstream_sent_alert_insufficient_security", "ask-upstream-log"},
      {"upstream_sent_alert_access_denied", "upstream-admits-proxy"},
      {"upstream_sent_alert_illegal_parameter", "update-peer-stack"},
      {"upstream_closed_in_handshake", "reproduce-with-s-client"},
      {"upstream_reset_in_handshake", "check-peer-listener"},
      {"upstream_handshake_timeout", "cure-slow-peer"},
      {"upstream_mtu_blackhole", "clamp-mss"},
      {"upstream_handshake_corrupted", "exclude-middlebox"},
      {"upstream_chain_too_big", "trim-upstream-chain"},
      {"upstream_protocol_too_old", "upgrade-upstream-tls"},
      {"upstream_unsafe_legacy_renegotiation", "upgrade-upstream-rfc5746"},
  }};
  const std::string cause = report.diagnosis().cause;
  const auto found = std::find_if(kAsked.begin(), kAsked.end(), [&](const Asked& one) { return one.cause == cause; });
  if (found != kAsked.end()) report.advise(cause, found->fix, {}, words_for_owner(report));
}

void conclude_outcome(HandshakeReport& report, const ProbeResult& seen) {
  switch (seen.outcome) {
    case ProbeOutcome::alert: return report.conclude(cause_of_alert(seen.alert.value_or(0)), 0.8);
    case ProbeOutcome::closed: return report.conclude("upstream_closed_in_handshake", 0.8);
    case ProbeOutcome::reset: return report.conclude("upstream_reset_in_handshake", 0.8);
    case ProbeOutcome::timed_out: return conclude_silence(report);
    case ProbeOutcome::limit: return report.conclude("upstream_chain_too_big", 0.7);
    case ProbeOutcome::not_tls: return report.conclude("upstream_not_tls", 0.7);
    case ProbeOutcome::tls_error: return report.conclude(cause_of_reason(seen.reason), 0.8);
    default: return conclude_from_line(report);
  }
}

}  // namespace

void diagnose_peer_failure(HandshakeReport& report) {
  const ProbeResult* const seen = report.seen();
  // What a peer says to a client without a certificate is not what it says to nginx, which has one.
  const bool is_half_seen = seen != nullptr && report.now().asked.left_out_client_certificate && has_agreed(*seen);
  if (seen != nullptr && !seen->is_ok() && !is_half_seen) conclude_outcome(report, *seen);
  else conclude_from_line(report);
  ask_owner(report);
}

}  // namespace handshaked::diagnose
