#include <algorithm>
#include <array>

#include "base/text/joined.h"
#include "diagnose/texts.h"
#include "diagnose/upstream/handshake/handshake_families.h"
#include "diagnose/upstream/handshake/handshake_settings.h"
#include "diagnose/upstream/handshake/other_ports.h"

namespace handshaked::diagnose {
namespace {

using nginx::Module;

bool speaks_http(const ProbeResult& seen) {
  return seen.first_bytes == FirstBytes::http || seen.first_bytes == FirstBytes::http2;
}

/// Plain text to this peer never leaves the host.
bool is_on_this_host(const UpstreamVerdict& verdict) {
  if (!verdict.peer) return false;
  const PeerAddress& address = verdict.peer->address();
  return address.is_unix() || address.ip == "::1" || address.ip.starts_with("127.");
}

struct Member {
  std::size_t index = 0;
  const nginx::UpstreamServer* server = nullptr;
  UpstreamVerdict verdict;
};

/// What nginx would do with the other members of the group.
std::vector<Member> other_members(UpstreamCase& upstream) {
  constexpr std::size_t kMostMembers = 16;
  std::vector<Member> members;
  const UpstreamView& view = upstream.view();
  if (view.member == nullptr || view.destination == nullptr) return members;
  const auto& servers = view.destination->group->servers;
  for (std::size_t i = 0;
       i < servers.size() && members.size() < kMostMembers && !upstream.is_late(); ++i) {
    if (&servers[i] == view.member || servers[i].is_down || !servers[i].is_valid) continue;
    UpstreamPlace place = upstream.place();
    place.member = i;
    members.push_back({i, &servers[i], upstream.judge_place(place)});
  }
  return members;
}

std::string fix_for_port(const std::string& cause) {
  if (cause == "upstream_is_plain_http") return "use-tls-port";
  return cause == "upstream_wrong_port" ? "correct-upstream-port" : "correct-port";
}

/// Tries the other ports of the host. Identity is only proved where nginx verifies: elsewhere any
/// TLS service would pass.
bool propose_port(HandshakeReport& report, const std::string& cause) {
  std::string unverified;
  bool is_proposed = false;
  for (const OtherPort& other : other_ports(report.upstream())) {
    if (report.upstream().is_late()) break;
    auto patch = patch_with_port(report.upstream(), other.port);
    if (!patch) return false;
    const UpstreamVerdict verdict = report.upstream().judge(patch.value());
    if (!verdict.passes()) continue;
    const std::string port = std::to_string(other.port);
    if (!verdict.verifies) {
      unverified += (unverified.empty() ? "" : ", ") + port + " (" + other.named_by + ")";
      continue;
    }
    report.note("peer", handshake_text("plain.other_port_proved",
                                       {{"port", port}, {"place", other.named_by}}));
    report.propose_with(cause, fix_for_port(cause), patch.value(), hand_written(patch.value()),
                        report.upstream().confirmed(report.proof_of(verdict), patch.value()));
    is_proposed = true;
    break;
  }
  if (!unverified.empty()) {
    report.note("peer", handshake_text("plain.other_ports_unproved", {{"ports", unverified}}));
  }
  return is_proposed;
}

/// A group whose other members are as they should be: the wrong one is taken out until its port is
/// known.
bool propose_taking_out(HandshakeReport& report, const std::string& cause,
                        const std::vector<Member>& others) {
  const auto works = [](const Member& member) { return member.verdict.passes(); };
  if (others.empty() || !std::all_of(others.begin(), others.end(), works)) return false;
  ConfigurationPatch patch = report.upstream().new_patch();
  const auto written = patch.append_argument(*report.view().member->directive, "down");
  if (!written) return false;
  const std::string names =
      joined(others, ", ", [](const Member& member) { return member.server->address.text(); });
  Proof proof = report.proof_of(others.front().verdict);
  proof.detail = handshake_text("plain.remaining_pass", {{"members", names}});
  const std::string peer = report.peer();
  report.propose_with(cause, fix_for_port(cause), patch,
                      hand_written(patch, handshake_text("plain.take_out", {{"peer", peer}})),
                      std::move(proof));
  Fix& fix = report.diagnosis().fixes.back();
  fix.title = handshake_text("plain.take_member_out");
  return true;
}

/// Only where the peer really speaks HTTP, and nothing of the group TLS.
void propose_plain_scheme(HandshakeReport& report, const std::string& cause,
                          const ProbeResult& seen) {
  const UpstreamView& view = report.view();
  if (view.target->module == Module::uwsgi || !speaks_http(seen)) return;
  if (view.target->module == Module::grpc && seen.first_bytes != FirstBytes::http2) return;
  ConfigurationPatch patch = report.upstream().new_patch();
  if (!set_scheme(patch, view, false)) return;
  Proof proof;
  proof.method = ProofMethod::probe;
  proof.status = ProofStatus::proved;
  const std::string peer = report.peer();
  proof.detail =
      handshake_text("plain.answered_plain", {{"peer", peer}, {"answer", seen.first_text}});
  const bool is_local = is_on_this_host(report.now());
  const Text warning =
      is_local ? handshake_text("plain.stays_on_host") : handshake_text("plain.can_be_read");
  const std::string id =
      view.target->module == Module::stream_proxy ? "stream-no-proxy-ssl" : "use-plain-scheme";
  report.propose_with(cause, cause == "upstream_is_plain_http" ? "use-plain-scheme" : id, patch,
                      hand_written(patch, warning), std::move(proof));
}

/// From what came first: a service by its name, for people.
std::string service_of(const ProbeResult& seen) {
  const std::string kind(to_string(seen.first_bytes));
  return seen.first_text.empty() ? kind : kind + " (\"" + seen.first_text + "\")";
}

void conclude_logged_plain(HandshakeReport& report) {
  const auto& candidates = report.symptom().candidates;
  report.conclude(candidates.empty() ? "upstream_is_plain_http" : candidates.front().cause,
                  candidates.empty() ? 0.5 : candidates.front().likelihood);
}

bool is_logged_as_not_tls(const Symptom& symptom) {
  for (const std::string_view words :
       {"wrong version number", "packet length too long", "http request", "unknown protocol"}) {
    if (symptom.message.find(words) != std::string::npos) return true;
  }
  return false;
}

/// gRPC in plain text to a peer that answers, in plain text too, with HTTP/1: the scheme is right,
/// the protocol behind it is not.
bool diagnose_plain_http1(HandshakeReport& report, const ProbeResult& seen) {
  if (seen.first_bytes != FirstBytes::http) return false;
  report.conclude("upstream_not_http2", 0.9);
  const std::string peer = report.peer();
  report.advise(
      "upstream_not_http2", "h2-capable-port", {},
      handshake_text("plain.ask_for_new_protocol", {{"peer", peer}, {"answer", seen.first_text}}));
  return true;
}

/// nginx sent a PROXY header first, and nobody may look without: a TLS port that expects none
/// answers so, and a plain one as well. What follows from the one would be wrong for the other.
bool diagnose_header_unseen(HandshakeReport& report, const ProbeResult& seen) {
  const ProbeRequest& own = report.now().asked.request;
  if (!own.send_proxy_header) return false;
  ProbeRequest bare = own;
  bare.send_proxy_header = false;
  if (report.looking()(bare)) return false;
  report.conclude("upstream_rejects_proxy_protocol", 0.5);
  report.diagnosis().also.emplace_back(speaks_http(seen) ? "upstream_is_plain_http"
                                                         : "upstream_not_tls");
  report.note("peer", handshake_text("plain.after_header", {{"peer", report.peer()}}));
  return true;
}

}  // namespace

bool diagnose_plain_to_tls(HandshakeReport& report) {
  if (report.view().is_tls()) return false;
  const bool is_grpc = report.view().target->module == Module::grpc;
  const std::string cause = is_grpc ? "proxy_grpc_to_tls_port" : "proxy_http_to_tls_port";
  const std::string fix = is_grpc ? "use-grpcs" : "use-tls-scheme";
  ConfigurationPatch patch = report.upstream().new_patch();
  Result<> written = set_scheme(patch, report.view(), true);
  if (!written) return false;
  UpstreamVerdict verdict = report.upstream().judge(patch);
  if (verdict.stage == UpstreamStage::handshake && verdict.observation &&
      verdict.asked.request.server_name.empty()) {
    // It may want to hear its name first.
    ConfigurationPatch with_name = patch;
    const std::string setting = report.view().directive("ssl_server_name");
    if (with_name.set_directive(report.view().settings_block(), setting,
                                std::array{std::string("on")})) {
      const UpstreamVerdict named = report.upstream().judge(with_name);
      if (named.passes()) {
        patch = with_name;
        verdict = named;
      }
    }
  }
  if (verdict.observation) {
    const std::string summary = summary_of(verdict.observation->seen);
    report.note("peer", handshake_text("plain.handshake",
                                       {{"peer", report.peer()}, {"handshake", summary}}));
  }
  const bool is_tls =
      verdict.observation && verdict.observation->seen.phase >= ProbePhase::server_hello;
  if (verdict.observation && !is_tls)
    return is_grpc && diagnose_plain_http1(report, verdict.observation->seen);
  report.conclude(cause, is_tls ? 0.97 : 0.5);
  report.diagnosis().is_silent_fault = is_tls && report.symptom().message.empty();
  const Text remark =
      verdict.verifies
          ? Text{}
          : handshake_text("plain.verify_then",
                           {{"verify", report.view().directive("ssl_verify")},
                            {"trusted", report.view().directive("ssl_trusted_certificate")}});
  report.propose_with(cause, fix, patch, hand_written(patch, remark),
                      report.upstream().confirmed(report.proof_of(verdict), patch));
  return true;
}

bool diagnose_not_tls(HandshakeReport& report) {
  const ProbeResult* const seen = report.seen();
  if (seen == nullptr) {
    if (!is_logged_as_not_tls(report.symptom())) return false;
    conclude_logged_plain(report);
    return true;
  }
  if (!is_plain_answer(*seen)) return false;
  if (diagnose_header_unseen(report, *seen)) return true;
  const bool is_http = speaks_http(*seen);
  const std::string cause = is_http ? "upstream_is_plain_http" : "upstream_not_tls";
  report.conclude(cause, 0.97);
  const std::string service = service_of(*seen);
  report.note("peer", handshake_text("plain.other_service",
                                     {{"peer", report.peer()}, {"service", service}}));
  if (report.view().member != nullptr && report.view().member->is_port_default) {
    report.note("configuration", handshake_text("plain.no_port"));
  }
  const std::vector<Member> others = other_members(report.upstream());
  const bool has_tls_peer = std::any_of(others.begin(), others.end(), [](const Member& one) {
    return one.verdict.observation &&
           one.verdict.observation->seen.phase >= ProbePhase::server_hello;
  });
  bool is_cured = propose_port(report, cause);
  is_cured = propose_taking_out(report, cause, others) || is_cured;
  if (!is_cured && !has_tls_peer) propose_plain_scheme(report, cause, *seen);
  const std::string port = report.peer().substr(report.peer().rfind(':') + 1);
  Fix& ask = report.advise(
      cause, is_http ? "enable-tls-on-peer" : "correct-port", {},
      handshake_text("plain.ask_for_port", {{"peer", report.peer()}, {"service", service}}));
  if (ask.owner == Owner::proxy) ask.message = {};
  ask.commands = {"ss -ltnp  # on the upstream's host: who listens on port " + port +
                  ", and on which port the TLS service"};
  return true;
}

}  // namespace handshaked::diagnose
