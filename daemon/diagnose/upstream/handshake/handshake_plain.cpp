#include <algorithm>
#include <array>

#include "diagnose/upstream/handshake/handshake_families.h"
#include "diagnose/upstream/handshake/handshake_settings.h"
#include "diagnose/upstream/handshake/other_ports.h"

namespace handshaked::diagnose {
namespace {

using nginx::Module;

bool speaks_http(const ProbeResult& seen) { return seen.first_bytes == FirstBytes::http || seen.first_bytes == FirstBytes::http2; }

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
  for (std::size_t i = 0; i < servers.size() && members.size() < kMostMembers && !upstream.is_late(); ++i) {
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

/// Tries the other ports of the host. Identity is only proved where nginx verifies: elsewhere any TLS service would pass.
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
    report.note("peer", {"port " + port + " of the same host (" + other.named_by + ") speaks TLS and proves the expected name",
                         "同一主机的端口 " + port + "（" + other.named_by + "）使用 TLS，并证明了期望的名称"});
    report.propose_with(cause, fix_for_port(cause), patch.value(), hand_written(patch.value()),
                        report.upstream().confirmed(report.proof_of(verdict), patch.value()));
    is_proposed = true;
    break;
  }
  if (!unverified.empty()) {
    report.note("peer", {"ports of the same host that speak TLS, their identity unproved because nothing is verified here: " + unverified,
                         "同一主机上使用 TLS 的端口（此处未启用校验，身份未经证明）：" + unverified});
  }
  return is_proposed;
}

/// A group whose other members are as they should be: the wrong one is taken out until its port is known.
bool propose_taking_out(HandshakeReport& report, const std::string& cause, const std::vector<Member>& others) {
  const auto works = [](const Member& member) { return member.verdict.passes(); };
  if (others.empty() || !std::all_of(others.begin(), others.end(), works)) return false;
  ConfigurationPatch patch = report.upstream().new_patch();
  const auto written = patch.append_argument(*report.view().member->directive, "down");
  if (!written) return false;
  std::string names;
  for (const Member& member : others) names += (names.empty() ? "" : ", ") + member.server->address.text();
  Proof proof = report.proof_of(others.front().verdict);
  proof.detail = {"every member that remains was tried with nginx's own settings and passes: " + names,
                  "已用 nginx 的设置逐一验证剩余成员，全部通过：" + names};
  const std::string peer = report.peer();
  report.propose_with(cause, fix_for_port(cause), patch,
                      hand_written(patch, {"Take " + peer +
                                               " out of the group until its TLS port is known; put the right port in and "
                                               "remove \"down\" then",
                                           "在得知 " + peer + " 的 TLS 端口之前先将其移出该组；之后填入正确端口并去掉 “down”"}),
                      std::move(proof));
  Fix& fix = report.diagnosis().fixes.back();
  fix.title = {"Take the member that speaks no TLS out of the group", "将不使用 TLS 的成员移出该组"};
  return true;
}

/// Only where the peer really speaks HTTP, and nothing of the group TLS.
void propose_plain_scheme(HandshakeReport& report, const std::string& cause, const ProbeResult& seen) {
  const UpstreamView& view = report.view();
  if (view.target->module == Module::uwsgi || !speaks_http(seen)) return;
  if (view.target->module == Module::grpc && seen.first_bytes != FirstBytes::http2) return;
  ConfigurationPatch patch = report.upstream().new_patch();
  if (!set_scheme(patch, view, false)) return;
  Proof proof;
  proof.method = ProofMethod::probe;
  proof.status = ProofStatus::proved;
  const std::string peer = report.peer();
  proof.detail = {peer + " answered the handshake in plain HTTP: \"" + seen.first_text + "\"; that is what nginx would speak then",
                  peer + " 以明文 HTTP 回应了握手：“" + seen.first_text + "”；修改后 nginx 即使用明文"};
  const bool is_local = is_on_this_host(report.now());
  const Text warning = is_local ? Text{"The connection stays on this host", "该连接不离开本机"}
                                : Text{"Everything on this hop can then be read and changed by others on the way: only where that is meant",
                                       "此后该段链路上的一切均可被途中他人读取和篡改：仅在确实打算如此时使用"};
  const std::string id = view.target->module == Module::stream_proxy ? "stream-no-proxy-ssl" : "use-plain-scheme";
  report.propose_with(cause, cause == "upstream_is_plain_http" ? "use-plain-scheme" : id, patch, hand_written(patch, warning),
                      std::move(proof));
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
  for (const std::string_view words : {"wrong version number", "packet length too long", "http request", "unknown protocol"}) {
    if (symptom.message.find(words) != std::string::npos) return true;
  }
  return false;
}

/// gRPC in plain text to a peer that answers, in plain text too, with HTTP/1: the scheme is right, the protocol behind it is not.
bool diagnose_plain_http1(HandshakeReport& report, const ProbeResult& seen) {
  if (seen.first_bytes != FirstBytes::http) return false;
  report.conclude("upstream_not_http2", 0.9);
  const std::string peer = report.peer();
  report.advise("upstream_not_http2", "h2-capable-port", {},
                {"nginx speaks gRPC to " + peer + ", which is HTTP/2, and your listener answers in HTTP/1 (\"" + seen.first_text +
                     "\"). Please enable HTTP/2 there, or tell us the port that has it.",
                 "nginx 以 gRPC（HTTP/2）访问 " + peer + "，而你们的监听端口以 HTTP/1 应答（“" + seen.first_text +
                     "”）。请启用 HTTP/2，或告知支持它的端口。"});
  return true;
}

/// nginx sent a PROXY header first, and nobody may look without: a TLS port that expects none answers so, and a plain one as well. What
/// follows from the one would be wrong for the other.
bool diagnose_header_unseen(HandshakeReport& report, const ProbeResult& seen) {
  const ProbeRequest& own = report.now().asked.request;
  if (!own.send_proxy_header) return false;
  ProbeRequest bare = own;
  bare.send_proxy_header = false;
  if (report.looking()(bare)) return false;
  report.conclude("upstream_rejects_proxy_protocol", 0.5);
  report.diagnosis().also.emplace_back(speaks_http(seen) ? "upstream_is_plain_http" : "upstream_not_tls");
  report.note(
      "peer",
      {report.peer() + " answered in plain text after a PROXY header; without one nobody has tried, and only that tells a TLS "
                       "port that expects no header from a port without TLS",
       report.peer() + " 在 PROXY 头之后以明文应答；尚未尝试不带该头的握手，而只有这样才能区分“不期待该头的 TLS 端口”与“没有 TLS 的端口”"});
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
  if (verdict.stage == UpstreamStage::handshake && verdict.observation && verdict.asked.request.server_name.empty()) {
    // It may want to hear its name first.
    ConfigurationPatch with_name = patch;
    const std::string setting = report.view().directive("ssl_server_name");
    if (with_name.set_directive(report.view().settings_block(), setting, std::array{std::string("on")})) {
      const UpstreamVerdict named = report.upstream().judge(with_name);
      if (named.passes()) {
        patch = with_name;
        verdict = named;
      }
    }
  }
  if (verdict.observation) {
    const std::string summary = summary_of(verdict.observation->seen);
    report.note("peer", {"a TLS handshake with " + report.peer() + ": " + summary, "与 " + report.peer() + " 的 TLS 握手：" + summary});
  }
  const bool is_tls = verdict.observation && verdict.observation->seen.phase >= ProbePhase::server_hello;
  if (verdict.observation && !is_tls) return is_grpc && diagnose_plain_http1(report, verdict.observation->seen);
  report.conclude(cause, is_tls ? 0.97 : 0.5);
  report.diagnosis().is_silent_fault = is_tls && report.symptom().message.empty();
  const Text remark = verdict.verifies ? Text{}
                                       : Text{"Nothing is verified on this hop yet: add " + report.view().directive("ssl_verify") +
                                                  " on with " + report.view().directive("ssl_trusted_certificate") + " afterwards",
                                              "此段链路尚未启用校验：随后请加上 " + report.view().directive("ssl_verify") + " on 与 " +
                                                  report.view().directive("ssl_trusted_certificate")};
  report.propose_with(cause, fix, patch, hand_written(patch, remark), report.upstream().confirmed(report.proof_of(verdict), patch));
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
  report.note("peer", {report.peer() + " is not a TLS port: it speaks " + service, report.peer() + " 不是 TLS 端口：它使用 " + service});
  if (report.view().member != nullptr && report.view().member->is_port_default) {
    report.note("configuration", {"the group's server names no port: nginx takes 80, also for https",
                                  "该组的 server 未写端口：即使是 https，nginx 也使用 80"});
  }
  const std::vector<Member> others = other_members(report.upstream());
  const bool has_tls_peer = std::any_of(others.begin(), others.end(), [](const Member& one) {
    return one.verdict.observation && one.verdict.observation->seen.phase >= ProbePhase::server_hello;
  });
  bool is_cured = propose_port(report, cause);
  is_cured = propose_taking_out(report, cause, others) || is_cured;
  if (!is_cured && !has_tls_peer) propose_plain_scheme(report, cause, *seen);
  const std::string port = report.peer().substr(report.peer().rfind(':') + 1);
  Fix& ask = report.advise(
      cause, is_http ? "enable-tls-on-peer" : "correct-port", {},
      {"We are configured to speak TLS to " + report.peer() + ", but " + service +
           " answers there. Which port of this service speaks TLS, or can you enable it?",
       "我方配置为以 TLS 连接 " + report.peer() + "，但该处应答的是 " + service + "。请问该服务的 TLS 端口是哪个？或者能否启用 TLS？"});
  if (ask.owner == Owner::proxy) ask.message = {};
  ask.commands = {"ss -ltnp  # on the upstream's host: who listens on port " + port + ", and on which port the TLS service"};
  return true;
}

}  // namespace handshaked::diagnose
