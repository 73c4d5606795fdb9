#include <array>

#include "diagnose/texts.h"
#include "diagnose/upstream/handshake/handshake_families.h"
#include "diagnose/upstream/handshake/handshake_settings.h"
#include "diagnose/upstream/verification/name_candidates.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostNames = 8;

/// What the peer shows to a client that sends no name: its names may be the ones that it serves.
UpstreamVerdict without_name(HandshakeReport& report) {
  UpstreamVerdict verdict = report.now();
  ProbeRequest request = verdict.asked.request;
  request.server_name.clear();
  if (auto observed = report.upstream().observe(request);
      observed && observed.value().has_chain()) {
    const std::string summary = summary_of(observed.value().seen);
    report.note("peer",
                handshake_text("name.without",
                               {{"handshake", summary},
                                {"subject", observed.value().seen.chain.front().facts.subject}}));
    verdict.observation = std::move(observed).value();
  }
  return verdict;
}

std::string cause_of(const HandshakeReport& report) {
  const nginx::Destination* const destination = report.view().destination;
  const bool is_group_name = destination != nullptr && destination->group != nullptr &&
                             report.view().target->settings.name.is_default();
  if (is_group_name) return "upstream_sni_wrong_name";
  return report.view().target->settings.name.is_default() ? "upstream_sni_wrong_name"
                                                          : "proxy_ssl_name_wrong";
}

/// Where nothing is verified a peer that takes a name proves nothing: the configuration itself has
/// to say it.
bool is_told(const NameCandidate& candidate, const UpstreamVerdict& verdict) {
  return candidate.is_meant && (verdict.verifies || candidate.support == NameSupport::configured);
}

/// No name is sent, and nginx has none to send: an address or the name of a group stands in its
/// place. With a name that the configuration tells elsewhere the peer takes the handshake.
bool diagnose_missing_name(HandshakeReport& report) {
  const UpstreamVerdict& now = report.now();
  if (report.view().target->settings.server_name.is_on() || now.name.is_client_chosen ||
      is_host_name(now.name.verified))
    return false;
  std::size_t tried = 0;
  for (const NameCandidate& candidate : name_candidates(report.upstream(), now)) {
    if (++tried > kMostNames || report.upstream().is_late()) return false;
    ConfigurationPatch patch = report.upstream().new_patch();
    if (!set_upstream_directive(patch, report.view(), "ssl_server_name",
                                std::array{std::string("on")}) ||
        !set_upstream_directive(patch, report.view(), "ssl_name", std::array{candidate.name}))
      return false;
    const UpstreamVerdict verdict = report.upstream().judge(patch);
    if (!verdict.passes()) continue;
    report.conclude("upstream_sni_missing", 0.95);
    report.propose_with(
        "upstream_sni_missing", "enable-sni", patch,
        hand_written(patch, handshake_text("name.peer_asks",
                                           {{"name", candidate.name}, {"place", candidate.where}})),
        is_told(candidate, verdict) ? report.upstream().confirmed(report.proof_of(verdict), patch)
                                    : Proof{.detail = not_meant(candidate.name)});
    return true;
  }
  return false;
}

}  // namespace

bool diagnose_unknown_name(HandshakeReport& report) {
  const ProbeResult* const seen = report.seen();
  const std::optional<int> alert = seen != nullptr ? seen->alert : report.symptom().alert;
  if (alert == 112 && diagnose_missing_name(report)) return true;
  const std::string sent = report.now().asked.request.server_name;
  const bool is_of_client =
      report.now().name.is_client_chosen && report.view().target->settings.server_name.is_on();
  if (alert != 112 || (sent.empty() && !is_of_client)) return false;
  const std::string cause = cause_of(report);
  report.conclude(cause, 0.9);
  if (cause == "upstream_sni_wrong_name" && report.view().destination != nullptr &&
      report.view().destination->group != nullptr) {
    report.diagnosis().also.emplace_back("upstream_name_is_upstream_block");
  }
  const std::string name =
      sent.empty() ? std::string(report.view().target->settings.name.first()) : sent;
  report.note("peer", handshake_text("name.not_served", {{"peer", report.peer()}, {"name", name}}));
  const UpstreamVerdict default_site = without_name(report);
  const std::string fix = cause == "proxy_ssl_name_wrong" ? "correct-name" : "set-ssl-name";
  std::size_t tried = 0;
  for (const NameCandidate& candidate : name_candidates(report.upstream(), default_site)) {
    if (candidate.name == sent || ++tried > kMostNames || report.upstream().is_late()) continue;
    ConfigurationPatch patch = report.upstream().new_patch();
    const auto written =
        set_upstream_directive(patch, report.view(), "ssl_name", std::array{candidate.name});
    if (!written) break;
    const UpstreamVerdict verdict = report.upstream().judge(patch);
    if (!verdict.passes()) continue;
    report.propose_with(
        cause, fix, patch,
        hand_written(patch, handshake_text("name.peer_knows",
                                           {{"name", candidate.name}, {"place", candidate.where}})),
        is_told(candidate, verdict) ? report.upstream().confirmed(report.proof_of(verdict), patch)
                                    : Proof{.detail = not_meant(candidate.name)});
    return true;
  }
  const std::string peer = report.peer();
  report.advise(cause, fix, {}, handshake_text("name.ask", {{"peer", peer}, {"name", name}}));
  return true;
}

}  // namespace handshaked::diagnose
