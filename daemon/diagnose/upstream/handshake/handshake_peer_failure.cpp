#include <algorithm>
#include <array>

#include "diagnose/texts.h"
#include "diagnose/upstream/handshake/handshake_families.h"
#include "diagnose/upstream/handshake/handshake_settings.h"

namespace handshaked::diagnose {
namespace {

constexpr std::chrono::milliseconds kShortLook{2'500};

/// A handshake that no server can want, so that the answer is one small alert: does the peer live,
/// and do only large packets vanish?
ProbeRequest request_for_an_alert(const ProbeRequest& own) {
  ProbeRequest request = own;
  request.protocols = {TlsVersion::tls1_2};
  request.ciphers = "NULL-SHA256:@SECLEVEL=0";
  request.conf_commands.clear();
  request.client.reset();
  request.timeout = std::min(kShortLook, 3 * own.timeout);
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
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

/// Of OpenSSL's own complaints about what came.
std::string cause_of_reason(const std::string& reason) {
  if (contains_any(reason, {"excessive message size", "uncompressed cert too large"}))
    return "upstream_chain_too_big";
  if (contains_any(reason, {"bad record mac", "decryption failed", "digest check failed",
                            "bad packet", "bad length"})) {
    return "upstream_handshake_corrupted";
  }
  if (contains_any(reason, {"unsafe legacy renegotiation"}))
    return "upstream_unsafe_legacy_renegotiation";
  if (contains_any(reason, {"dh key too small"})) return "upstream_dh_key_too_small";
  if (contains_any(reason, {"legacy sigalg", "unsupported protocol", "version too low"}))
    return "upstream_protocol_too_old";
  if (contains_any(reason, {"wrong curve", "bad ecpoint", "unsupported elliptic curve"}))
    return "upstream_no_shared_group";
  if (contains_any(reason, {"wrong signature type", "no suitable signature"}))
    return "upstream_no_shared_sigalg";
  if (contains_any(reason, {"wrong cipher returned", "no ciphers available"}))
    return "upstream_no_shared_cipher";
  if (contains_any(reason, {"no protocols available", "wrong ssl version"}))
    return "proxy_ssl_protocols_mismatch";
  // A type, a length or a signature that makes no sense: somebody altered bytes, or wrote them
  // wrongly.
  return "upstream_handshake_corrupted";
}

/// The peer answers, only later than nginx waits: then waiting is the cure.
bool propose_patience(HandshakeReport& report) {
  constexpr std::chrono::milliseconds kPatient{6'000};
  constexpr std::chrono::milliseconds kAtLeast{2'000};
  ProbeRequest request = report.now().asked.request;
  if (request.timeout >= kPatient || report.upstream().is_late()) return false;
  request.timeout = std::clamp(4 * request.timeout, kAtLeast, kPatient);
  const auto observed = report.upstream().observe(request);
  if (!observed || !has_agreed(observed.value().seen)) return false;
  const auto seconds =
      std::chrono::ceil<std::chrono::seconds>(observed.value().seen.elapsed).count();
  const std::string took = std::to_string(seconds);
  report.conclude("upstream_handshake_timeout", 0.95);
  report.note("peer", handshake_text("silence.needs_time", {{"seconds", took}}));
  ConfigurationPatch patch = report.upstream().new_patch();
  const std::array wait{std::to_string(3 * seconds) + "s"};
  const auto written = set_upstream_directive(patch, report.view(), "connect_timeout", wait);
  report.propose("upstream_handshake_timeout", "raise-connect-timeout", written, patch,
                 written ? hand_written(patch) : Text{});
  return true;
}

/// A service that waits for more of what it takes for a request of its own is silent as well: it is
/// spoken to in plain. What is sent is a request in no protocol; of uwsgi, which says how long it
/// is, an empty one.
bool is_silent_service(HandshakeReport& report) {
  const bool is_uwsgi = report.view().target->module == nginx::Module::uwsgi;
  ProbeRequest request = report.now().asked.request;
  request.instead_of_hello = is_uwsgi ? std::string(4, '\0') : "?\r\n\r\n";
  request.client.reset();
  request.timeout = std::min(kShortLook, request.timeout);
  const auto answer = report.looking()(request);
  if (!answer) return false;
  const bool has_ended =
      answer->outcome == ProbeOutcome::closed || answer->outcome == ProbeOutcome::reset;
  const bool has_answered = answer->outcome == ProbeOutcome::not_tls || (is_uwsgi && has_ended);
  if (!has_answered) return false;
  const bool is_http = !is_uwsgi && answer->first_bytes == FirstBytes::http;
  report.conclude(is_http ? "upstream_is_plain_http" : "upstream_not_tls", 0.9);
  const std::string said =
      answer->first_text.empty() ? "it ends the connection" : "\"" + answer->first_text + "\"";
  report.note("peer",
              handshake_text("silence.answers_plain", {{"peer", report.peer()}, {"answer", said}}));
  const std::string peer = report.peer();
  report.advise(report.diagnosis().cause, is_http ? "enable-tls-on-peer" : "correct-port", {},
                handshake_text("silence.ask_for_port", {{"peer", peer}}));
  return true;
}

void conclude_silence(HandshakeReport& report) {
  const ProbeResult& seen = *report.seen();
  const bool came_something = seen.phase > ProbePhase::client_hello || seen.bytes_received > 0;
  if (!came_something && is_silent_service(report)) return;
  if (propose_patience(report)) return;
  const auto answer = report.looking()(request_for_an_alert(report.now().asked.request));
  const bool answers_small = answer && (answer->alert || answer->first_bytes == FirstBytes::tls);
  if (answer) {
    const std::string summary = summary_of(*answer);
    report.note("peer", handshake_text("silence.small_answer", {{"answer", summary}}));
  }
  if (!answers_small && !came_something) {
    return report.conclude("upstream_handshake_timeout", 0.85);
  }
  report.note("peer", handshake_text("silence.large_packets_lost"));
  report.conclude("upstream_mtu_blackhole", 0.85);
}

std::string logged_cause(const HandshakeReport& report) {
  const auto& candidates = report.symptom().candidates;
  return candidates.empty() ? std::string("upstream_sent_alert") : candidates.front().cause;
}

/// What has been seen, or stands in the configuration, rules a candidate of the line out.
bool is_ruled_out(HandshakeReport& report, const std::string& cause) {
  const UpstreamVerdict& now = report.now();
  const ProbeRequest& own = now.asked.request;
  if (cause == "upstream_sni_missing") {
    const std::string name = sni_of(now.name.verified);
    if (!own.server_name.empty() || name.empty() ||
        report.view().target->settings.server_name.is_on())
      return true;
    ProbeRequest named = own;
    named.server_name = name;
    const auto answer = report.looking()(named);
    return answer && !has_agreed(*answer);
  }
  if (cause == "upstream_requires_client_cert") {
    return now.asked.has_client_certificate ||
           (report.seen() != nullptr && !report.seen()->certificate_request);
  }
  if (cause == "upstream_no_shared_group") return conf_command(report.view(), "Groups").empty();
  if (cause == "upstream_rejects_proxy_protocol") return !own.send_proxy_header;
  return false;
}

/// What the line says and the configuration makes likely, where nobody looked, or may not look
/// around.
void conclude_from_line(HandshakeReport& report) {
  const Symptom& symptom = report.symptom();
  std::string cause = logged_cause(report);
  double confidence = symptom.candidates.empty() ? 0.3 : symptom.candidates.front().likelihood;
  for (const match::CandidateCause& candidate : symptom.candidates) {
    if (is_ruled_out(report, candidate.cause)) continue;
    cause = candidate.cause;
    confidence = candidate.likelihood;
    break;
  }
  report.conclude(cause, confidence);
  ConfigurationPatch patch = report.upstream().new_patch();
  if (cause == "upstream_sni_missing") {
    const auto written = set_upstream_directive(patch, report.view(), "ssl_server_name",
                                                std::array{std::string("on")});
    report.propose(cause, "enable-sni", written, patch, written ? hand_written(patch) : Text{});
  } else if (cause == "proxy_ssl_protocols_mismatch") {
    const auto written = set_upstream_directive(patch, report.view(), "ssl_protocols",
                                                protocols_with(report.view(), TlsVersion::tls1_3));
    report.propose(cause, "widen-ssl-protocols", written, patch,
                   written ? hand_written(patch) : Text{});
  }
}

/// Several causes end so, and only other requests could tell them apart.
bool is_ambiguous(const ProbeResult& seen) {
  return seen.outcome == ProbeOutcome::alert || seen.outcome == ProbeOutcome::closed ||
         seen.outcome == ProbeOutcome::reset;
}

Text words_for_owner(const HandshakeReport& report) {
  const std::string peer = report.peer();
  const ProbeResult* const seen = report.seen();
  const std::string what = seen != nullptr ? summary_of(*seen) : report.symptom().message;
  const ProbeRequest& asked = report.now().asked.request;
  const std::string name = asked.server_name.empty() ? "none" : asked.server_name;
  return handshake_text("silence.ask_for_log", {{"peer", peer}, {"end", what}, {"name", name}});
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
  const auto found = std::find_if(kAsked.begin(), kAsked.end(),
                                  [&](const Asked& one) { return one.cause == cause; });
  if (found != kAsked.end()) report.advise(cause, found->fix, {}, words_for_owner(report));
}

/// Whether a peer that leaves is seen to close or to reset is a matter of microseconds: the line
/// decides, where there is one.
std::string cause_of_end(const HandshakeReport& report, const ProbeResult& seen) {
  const std::string& message = report.symptom().message;
  bool is_reset = seen.outcome == ProbeOutcome::reset;
  if (message.starts_with("peer closed connection in SSL handshake"))
    is_reset = message.find(" (") != std::string::npos;
  return is_reset ? "upstream_reset_in_handshake" : "upstream_closed_in_handshake";
}

void conclude_outcome(HandshakeReport& report, const ProbeResult& seen) {
  switch (seen.outcome) {
    case ProbeOutcome::alert: return report.conclude(cause_of_alert(seen.alert.value_or(0)), 0.8);
    case ProbeOutcome::closed:
    case ProbeOutcome::reset: return report.conclude(cause_of_end(report, seen), 0.8);
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
  const bool is_half_seen =
      seen != nullptr && report.now().asked.left_out_client_certificate && has_agreed(*seen);
  const bool may_look_around = report.upstream().surroundings().prober->scope() == ProbeScope::all;
  const bool is_open = seen != nullptr && is_ambiguous(*seen) && !may_look_around &&
                       !report.symptom().candidates.empty();
  if (seen != nullptr && !seen->is_ok() && !is_half_seen && !is_open)
    conclude_outcome(report, *seen);
  else conclude_from_line(report);
  ask_owner(report);
}

}  // namespace handshaked::diagnose
