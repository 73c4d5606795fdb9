#include <algorithm>
#include <array>

#include "diagnose/texts.h"
#include "diagnose/upstream/handshake/handshake_families.h"
#include "diagnose/upstream/handshake/handshake_settings.h"

namespace handshaked::diagnose {
namespace {

using W = Widening;

struct Remedy {
  Widening widening;
  std::string_view cause;
  std::string_view fix;
};

constexpr std::array<Remedy, 7> kRemedies{{
    {W::sni, "upstream_sni_missing", "enable-sni"},
    {W::protocols, "proxy_ssl_protocols_mismatch", "widen-ssl-protocols"},
    {W::groups, "upstream_no_shared_group", "set-groups"},
    {W::signatures, "upstream_no_shared_sigalg", "widen-sigalgs"},
    {W::ciphers, "upstream_no_shared_cipher", "widen-ssl-ciphers"},
    {W::no_dhe, "upstream_dh_key_too_small", "drop-dhe"},
    {W::proxy_header, "upstream_expects_proxy_protocol", "send-proxy-protocol"},
}};

Remedy remedy_of(Widening widening, const ProbeRequest& taken) {
  if (widening == W::proxy_header && !taken.send_proxy_header)
    return {widening, "upstream_rejects_proxy_protocol", "stop-proxy-protocol"};
  return *std::find_if(kRemedies.begin(), kRemedies.end(),
                       [&](const Remedy& one) { return one.widening == widening; });
}

bool is_tls_parameter_alert(int alert) {
  constexpr std::array kAlerts{10, 20, 22, 30, 40,  41,  47,  49,  50,  51, 70,
                               71, 80, 86, 90, 109, 110, 112, 113, 115, 120};
  return std::find(kAlerts.begin(), kAlerts.end(), alert) != kAlerts.end();
}

/// Another request could make a difference.
bool is_worth_varying(const ProbeResult& seen) {
  switch (seen.outcome) {
    case ProbeOutcome::alert: return seen.alert && is_tls_parameter_alert(*seen.alert);
    case ProbeOutcome::closed:
    case ProbeOutcome::reset:
    case ProbeOutcome::timed_out: return seen.phase >= ProbePhase::proxy_header;
    case ProbeOutcome::tls_error:
    case ProbeOutcome::not_tls:
    case ProbeOutcome::local_error: return true;
    default: return false;
  }
}

Text listed(const WidenedHandshake& found) {
  const std::string agreed =
      summary_of(found.seen) + (found.seen.group.empty() ? "" : ", " + found.seen.group);
  return handshake_text("settings.accepted", {{"handshake", agreed}});
}

void propose_widening(HandshakeReport& report, const WidenedHandshake& found) {
  report.note("peer", listed(found));
  const Remedy first = remedy_of(found.needed.front(), found.request);
  report.conclude(std::string(first.cause), 0.95);
  for (std::size_t i = 1; i < found.needed.size(); ++i) {
    report.diagnosis().also.emplace_back(remedy_of(found.needed[i], found.request).cause);
  }
  if (found.needs(W::proxy_header) && report.view().target->module != nginx::Module::stream_proxy) {
    report.advise(first.cause, "peer-without-proxy-protocol", {},
                  handshake_text("settings.ask_for_listener", {{"peer", report.peer()}}));
    return;
  }
  ConfigurationPatch patch = report.upstream().new_patch();
  const Result<> written = write_widening(patch, report.view(), found);
  const UpstreamVerdict verdict = report.propose(first.cause, first.fix, written, patch,
                                                 written ? hand_written(patch) : Text{});
  if (verdict.stage == UpstreamStage::handshake && found.seen.certificate_request) {
    report.note("peer", handshake_text("settings.then_certificate"));
  }
}

constexpr std::string_view kLargeHello = "upstream_rejects_large_hello";

Text what_small_groups_give_up() { return handshake_text("settings.classical_alone"); }

/// Whoever reads ClientHellos on the way, or the peer, expects them in one packet.
void propose_small_hello(HandshakeReport& report,
                         const std::function<Proof(const ConfigurationPatch&)>& prove) {
  report.conclude(std::string(kLargeHello), 0.9);
  ConfigurationPatch patch = report.upstream().new_patch();
  const auto written =
      set_conf_command(patch, report.view(), "Groups", small_groups(report.view()));
  if (written)
    report.propose_with(kLargeHello, "classical-groups", patch,
                        hand_written(patch, what_small_groups_give_up()), prove(patch));
  const std::string peer = report.peer();
  report.advise(kLargeHello, "update-middlebox", {},
                handshake_text("settings.ask_about_large_hello", {{"peer", peer}}));
}

/// Nothing but the size was in the way: with groups of before, and no other change, the peer takes
/// the handshake.
bool takes_small_hello(HandshakeReport& report) {
  ConfigurationPatch patch = report.upstream().new_patch();
  if (!set_conf_command(patch, report.view(), "Groups", small_groups(report.view())))
    return true;  // nobody can try
  const UpstreamStage stage = report.upstream().judge(patch).stage;
  return stage != UpstreamStage::handshake && stage != UpstreamStage::connect;
}

const std::vector<Widening> kSafe{W::sni, W::protocols, W::groups, W::signatures, W::ciphers};

/// What makes a peer take the handshake that refused `own` with `refused`, and takes no protection
/// away.
bool propose_safe(HandshakeReport& report, const ProbeRequest& own, const ProbeResult& refused) {
  const MakeHandshake look = report.looking();
  const std::string name = sni_of(report.now().name.verified);
  const auto found = find_widening(own, kSafe, name, look);
  if (!found) return false;
  if (is_size_alone(report.view(), *found) && takes_small_hello(report)) {
    report.note("peer", listed(*found));
    propose_small_hello(report, [&](const ConfigurationPatch& patch) {
      return report.upstream().confirmed(report.proof_of(report.upstream().judge(patch)), patch);
    });
    return true;
  }
  const bool is_version_alone = found->needed == std::vector{W::protocols};
  // Alert 40 is not about versions: with the ones that it was offered the peer found nothing else
  // in common. TLS 1.3 goes around that.
  const auto within = is_version_alone && refused.alert == 40
                          ? find_widening(own, {W::groups, W::signatures, W::ciphers}, name, look)
                          : std::optional<WidenedHandshake>();
  if (!within) {
    propose_widening(report, *found);
    return true;
  }
  propose_widening(report, *within);
  ConfigurationPatch patch = report.upstream().new_patch();
  const auto written = write_widening(patch, report.view(), *found);
  report.propose("proxy_ssl_protocols_mismatch", "widen-ssl-protocols", written, patch,
                 written ? hand_written(patch) : Text{});
  return true;
}

/// What the peer would have to do is asked of its owner, as exactly as the handshake told it.
Text request_for_modern_tls(const HandshakeReport& report, const ProbeResult& seen) {
  const std::string has =
      seen.version + " " + seen.cipher + (seen.group.empty() ? "" : " " + seen.group) +
      (seen.key_exchange_bits > 0 ? " (" + std::to_string(seen.key_exchange_bits) + " bits)" : "");
  return handshake_text("settings.ask_for_modern", {{"peer", report.peer()}, {"offered", has}});
}

void conclude_obsolete(HandshakeReport& report, const WidenedHandshake& found) {
  report.note("peer", listed(found));
  const ProbeResult& seen = found.seen;
  const bool is_old_version =
      seen.version == "TLSv1" || seen.version == "TLSv1.1" || seen.version == "SSLv3";
  if (found.needs(W::legacy_renegotiation)) {
    report.conclude("upstream_unsafe_legacy_renegotiation", 0.97);
    const std::string peer = report.peer();
    report.advise("upstream_unsafe_legacy_renegotiation", "upgrade-upstream-rfc5746", {},
                  handshake_text("settings.ask_for_secure_renegotiation", {{"peer", peer}}));
    if (is_old_version) report.diagnosis().also.emplace_back("upstream_protocol_too_old");
    return;
  }
  std::string cause = "upstream_no_shared_cipher";
  std::string fix = "modernise-upstream-ciphers";
  const ProbeResult* const own = report.seen();
  const std::string& reason = own != nullptr ? own->reason : report.symptom().reason;
  if (reason.find("dh key too small") != std::string::npos) {
    cause = "upstream_dh_key_too_small";
    fix = "upstream-dh-2048";
  } else if (is_old_version) {
    cause = "upstream_protocol_too_old";
    fix = "upgrade-upstream-tls";
  } else if (seen.peer_signature.ends_with("SHA1") || seen.peer_signature.ends_with("MD5")) {
    cause = "upstream_no_shared_sigalg";
    fix = "fix-upstream-signing";
  }
  report.conclude(cause, 0.95);
  report.advise(cause, fix, {}, request_for_modern_tls(report, seen));
}

/// The peer has the parameters, but will not have HTTP/2.
bool diagnose_alpn(HandshakeReport& report, const UpstreamVerdict& now, const MakeHandshake& look) {
  const ProbeRequest& own = now.asked.request;
  if (own.alpn.empty()) return false;
  const auto found = find_widening(own, {W::without_alpn}, {}, look);
  if (!found) return false;
  report.note("peer", listed(*found));
  const std::string asked = own.alpn.front();
  report.conclude("upstream_alpn_mismatch", 0.95);
  const std::string peer = report.peer();
  report.advise("upstream_alpn_mismatch", "enable-h2-upstream", {},
                handshake_text("settings.ask_for_application_protocol",
                               {{"peer", peer}, {"protocol", asked}}));
  return true;
}

}  // namespace

Text hand_written(const ConfigurationPatch& patch, const Text& remark) {
  std::string list;
  for (const Change& change : patch.changes()) {
    if (change.directive.empty()) continue;
    if (!list.empty()) list += "; ";
    list += change.file + (change.line > 0 ? ":" + std::to_string(change.line) : "") + ": ";
    if (!change.before.empty()) list += change.before + " → ";
    list += change.after.empty() ? "(removed)" : change.after;
  }
  if (list.empty() || remark.empty())
    return handshake_text("edit.by_hand", {{"edits", list.empty() ? remark : Text{list, list}}});
  return handshake_text("edit.by_hand_because", {{"remark", remark}, {"edits", list}});
}

bool diagnose_old_defaults(HandshakeReport& report) {
  const ProbeResult* const seen = report.seen();
  const nginx::EffectiveValue& protocols = report.view().target->settings.protocols;
  const bool is_in_doubt = protocols.is_default() && protocols.default_value.depends_on_version;
  if (seen == nullptr || !has_agreed(*seen) || !report.symptom().alert || !is_in_doubt)
    return false;
  ProbeRequest older = report.now().asked.request;
  older.protocols = {TlsVersion::tls1_0, TlsVersion::tls1_1, TlsVersion::tls1_2};
  const auto refused = report.looking()(older);
  if (!refused || has_agreed(*refused) || refused->alert != report.symptom().alert) return false;
  const std::string summary = summary_of(*refused);
  report.note("peer", handshake_text("settings.old_defaults", {{"handshake", summary}}));
  return propose_safe(report, older, *refused);
}

bool diagnose_nginx_alone(HandshakeReport& report) {
  UpstreamCase& upstream = report.upstream();
  if (!upstream.now().passes() || upstream.now().is_by_nginx) return false;
  const auto asked = upstream.ask_nginx(upstream.new_patch());
  if (!asked || asked.value().has_passed) return false;
  const std::string& complaint = asked.value().complaint;
  report.note("peer", handshake_text("settings.nginx_is_told",
                                     {{"peer", report.peer()}, {"complaint", complaint}}));
  report.diagnosis().is_healthy_now = false;
  report.diagnosis().would_log = complaint;
  ConfigurationPatch small = upstream.new_patch();
  const auto written =
      set_conf_command(small, report.view(), "Groups", small_groups(report.view()));
  if (const auto again =
          written ? upstream.ask_nginx(small) : Result<NginxHandshake>(written.error());
      again && again.value().has_passed) {
    propose_small_hello(
        report, [&](const ConfigurationPatch& patch) { return upstream.proof_by_nginx(patch); });
    return true;
  }
  const auto& candidates = report.symptom().candidates;
  if (candidates.empty()) return false;
  report.conclude(candidates.front().cause, candidates.front().likelihood);
  return true;
}

bool diagnose_not_http2(HandshakeReport& report) {
  const ProbeResult* const seen = report.seen();
  const std::vector<std::string>& asked = report.now().asked.request.alpn;
  const bool wants_http2 = std::find(asked.begin(), asked.end(), "h2") != asked.end();
  if (seen == nullptr || !has_agreed(*seen) || !wants_http2 || seen->alpn == "h2") return false;
  report.conclude("upstream_not_http2", 0.9);
  report.diagnosis().is_healthy_now = false;
  report.diagnosis().also.emplace_back("upstream_alpn_mismatch");
  const std::string peer = report.peer();
  const std::string chosen = seen->alpn.empty() ? "none" : seen->alpn;
  report.note("peer",
              handshake_text("settings.protocol_chosen", {{"peer", peer}, {"chosen", chosen}}));
  report.advise(
      "upstream_not_http2", "h2-capable-port", {},
      handshake_text("settings.ask_for_agreed_protocol", {{"peer", peer}, {"chosen", chosen}}));
  return true;
}

bool diagnose_tls_behind_plain(HandshakeReport& report) {
  const ProbeResult* const seen = report.seen();
  if (seen == nullptr || !is_plain_answer(*seen)) return false;
  const ProbeRequest& own = report.now().asked.request;
  // One at a time: each of them explains a plain answer of its own.
  std::vector<W> explanations;
  if (own.send_proxy_header) explanations.push_back(W::proxy_header);
  if (own.server_name.empty()) explanations.push_back(W::sni);
  for (const W one : explanations) {
    const auto found =
        find_widening(own, {one}, sni_of(report.now().name.verified), report.looking());
    if (!found) continue;
    propose_widening(report, *found);
    return true;
  }
  return false;
}

bool diagnose_parameters(HandshakeReport& report) {
  const ProbeResult* const seen = report.seen();
  if (seen == nullptr || has_agreed(*seen) || !is_worth_varying(*seen)) return false;
  const UpstreamVerdict& now = report.now();
  const ProbeRequest& own = now.asked.request;
  const MakeHandshake look = report.looking();
  // What a stranger asked for is no name to try.
  const std::string name = now.name.is_client_chosen ? own.server_name : sni_of(now.name.verified);
  if (seen->reason.find("dh key too small") != std::string::npos) {
    if (const auto found = find_widening(own, {W::no_dhe}, name, look)) {
      propose_widening(report, *found);
      return true;
    }
  }
  // A frugal prober allows one other SNI, and nothing else: it comes first, alone.
  if (own.server_name.empty() && !name.empty()) {
    if (const auto found = find_widening(own, {W::sni}, name, look)) {
      propose_widening(report, *found);
      return true;
    }
  }
  if (seen->alert == 120 && diagnose_alpn(report, now, look)) return true;
  if (propose_safe(report, own, *seen)) return true;
  if (diagnose_alpn(report, now, look)) return true;
  if (const auto found = find_widening(own, {W::proxy_header}, name, look)) {
    propose_widening(report, *found);
    return true;
  }
  if (report.upstream().is_late() || seen->outcome == ProbeOutcome::timed_out) return false;
  std::vector<Widening> all = kSafe;
  all.insert(all.end(), {W::legacy_renegotiation, W::obsolete});
  if (const auto found = find_widening(own, all, name, look)) {
    conclude_obsolete(report, *found);
    return true;
  }
  return false;
}

}  // namespace handshaked::diagnose
