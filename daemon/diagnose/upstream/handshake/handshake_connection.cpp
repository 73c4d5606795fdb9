#include <algorithm>

#include "diagnose/texts.h"
#include "diagnose/upstream/handshake/handshake_families.h"
#include "diagnose/upstream/handshake/other_ports.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostMembers = 16;

std::string port_of(const std::string& peer) { return peer.substr(peer.rfind(':') + 1); }

/// The right port may be one that the configuration names elsewhere for the same host.
void propose_open_port(HandshakeReport& report) {
  for (const OtherPort& other : other_ports(report.upstream())) {
    if (report.upstream().is_late()) return;
    auto patch = patch_with_port(report.upstream(), other.port);
    if (!patch) return;
    const UpstreamVerdict verdict = report.upstream().judge(patch.value());
    if (!verdict.passes() || !verdict.verifies) continue;
    report.propose_with("upstream_wrong_port", "correct-upstream-port", patch.value(),
                        hand_written(patch.value(), handshake_text("port.other_named",
                                                                   {{"place", other.named_by}})),
                        {.detail = handshake_text("port.may_be_down")});
    report.diagnosis().also.emplace_back("upstream_wrong_port");
    return;
  }
}

std::string cause_of_connect(const HandshakeReport& report) {
  const ProbeResult* const seen = report.seen();
  if (seen != nullptr && seen->outcome == ProbeOutcome::refused) return "upstream_connect_refused";
  // Accepted, and reset at once: nginx finds out when it begins to shake hands.
  if (seen != nullptr && seen->outcome == ProbeOutcome::reset) return "upstream_reset_in_handshake";
  if (seen != nullptr && seen->outcome != ProbeOutcome::refused) return "upstream_unreachable";
  return report.symptom().candidates.empty() ? "upstream_connect_refused"
                                             : report.symptom().candidates.front().cause;
}

}  // namespace

bool diagnose_connection(HandshakeReport& report) {
  const UpstreamVerdict& now = report.now();
  const bool is_seen = now.stage == UpstreamStage::connect;
  const bool is_logged = now.stage == UpstreamStage::untested &&
                         report.symptom().message.find("connect() failed (") != std::string::npos;
  if (!is_seen && !is_logged) return false;
  const std::string cause = cause_of_connect(report);
  report.conclude(cause, is_seen ? 0.95 : 0.7);
  const std::string peer = report.peer();
  report.note("peer", handshake_text("connection.none"));
  if (is_seen) propose_open_port(report);
  const std::string_view fix = cause == "upstream_connect_refused"      ? "start-upstream"
                               : cause == "upstream_reset_in_handshake" ? "check-peer-listener"
                                                                        : "restore-path";
  Fix& ask = report.advise(
      cause, fix, {},
      handshake_text("connection.ask", {{"peer", peer}, {"problem", summary_of(now)}}));
  if (is_seen && !peer.starts_with("unix:"))
    ask.commands = {"ss -ltn 'sport = :" + port_of(peer) + "'  # on the upstream's host"};
  return true;
}

bool diagnose_no_live_upstreams(HandshakeReport& report) {
  if (report.symptom().message.find("no live upstreams") == std::string::npos) return false;
  report.conclude("no_live_upstreams", 0.95);
  UpstreamCase& upstream = report.upstream();
  const UpstreamView& view = report.view();
  if (view.destination == nullptr || view.destination->group == nullptr) return true;
  const auto& servers = view.destination->group->servers;
  std::size_t failing = 0;
  std::size_t looked_at = 0;
  for (std::size_t i = 0; i < servers.size() && i < kMostMembers && !upstream.is_late(); ++i) {
    if (servers[i].is_down || !servers[i].is_valid) continue;
    UpstreamPlace place = upstream.place();
    place.member = i;
    const UpstreamVerdict verdict = upstream.judge_place(place);
    const Text summary = summary_of(verdict);
    report.note("peer", handshake_text("connection.member", {{"member", servers[i].address.text()},
                                                             {"state", summary}}));
    if (verdict.stage == UpstreamStage::untested) continue;
    ++looked_at;
    failing += verdict.passes() ? 0 : 1;
  }
  report.diagnosis().is_healthy_now = looked_at > 0 && failing == 0;
  if (looked_at > 0) {
    report.note("peer", handshake_text("connection.members_fail",
                                       {{"failing", std::to_string(failing)},
                                        {"members", std::to_string(looked_at)}}));
  }
  return true;
}

}  // namespace handshaked::diagnose
