#include <set>

#include "diagnose/certificates/issuer_search.h"
#include "diagnose/doctor/checkup_parts.h"
#include "diagnose/upstream/upstream_survey.h"

namespace handshaked::diagnose {
namespace {

using match::Severity;

void check_peer_chain(const SurveyedUpstream& one, const Surroundings& surroundings, const DoctorOptions& options,
                      std::set<std::string>& told, Doctor& checkup) {
  if (!one.verdict->observation) return;
  std::vector<CertificateFacts> chain;
  for (const PeerCertificate& certificate : one.verdict->observation->seen.chain) chain.push_back(certificate.facts);
  if (!chain.empty() && told.insert("calendar " + one.target + chain.front().sha256).second)
    add_peer_endings(chain, one.target, one.file, one.line, checkup.calendar);
  for (const PeerCertificate& certificate : one.verdict->observation->seen.chain) {
    if (!told.insert(one.target + certificate.facts.sha256).second) continue;
    const std::string name = short_name(certificate.facts);
    const auto ending = ending_of(certificate.facts.not_after, surroundings.now, options.horizon);
    if (!ending) continue;
    const bool counts = one.verdict->verifies;
    checkup.findings.push_back(
        {ending->has_ended ? "peer-certificate-expired" : "peer-certificate-expires",
         !counts             ? Severity::info
         : ending->has_ended ? Severity::critical
                             : Severity::warning,
         {"The certificate " + name + " of " + one.target + (ending->has_ended ? " has expired: " : " expires: ") + ending->when.en,
          one.target + " 的证书 " + name + (ending->has_ended ? " 已过期：" : " 即将过期：") + ending->when.zh},
         ending->has_ended ? Text{"Ask whoever runs the upstream to renew it now", "请上游的维护者立即续期"}
                           : Text{"Ask whoever runs the upstream to renew it before then", "请上游的维护者在此之前续期"},
         one.file,
         one.line});
  }
}

void check_verdict(const SurveyedUpstream& one, Doctor& checkup) {
  const UpstreamVerdict& verdict = *one.verdict;
  if (verdict.passes()) {
    ++checkup.upstreams_working;
    const bool is_asked = verdict.observation && verdict.observation->seen.certificate_request && !verdict.asked.has_client_certificate;
    if (!is_asked) return;
    checkup.findings.push_back(
        {"upstream-asks-for-certificate",
         Severity::info,
         {one.target + " asks for a client certificate, and nginx has none for it: it may answer 400 or 403, which no line tells",
          one.target + " 要求客户端证书，而 nginx 没有为其配置：它可能应答 400 或 403，且不会留下日志行"},
         {"handshaked diagnose --all tells which CAs it takes", "handshaked diagnose --all 会给出它接受的 CA"},
         one.file,
         one.line});
    return;
  }
  if (verdict.stage == UpstreamStage::untested) {
    checkup.unseen.push_back({one.target + ": " + verdict.problem, one.target + "：" + verdict.problem});
    return;
  }
  const Text what = summary_of(verdict);
  checkup.findings.push_back({"upstream-fails",
                              Severity::critical,
                              {"Requests to " + one.target + " fail now: " + what.en, "到 " + one.target + " 的请求现在失败：" + what.zh},
                              {"handshaked diagnose --all tells the cause and the fix", "handshaked diagnose --all 给出原因与修复"},
                              one.file,
                              one.line});
}

}  // namespace

void check_upstreams(const Surroundings& surroundings, const match::Knowledge& knowledge, const DoctorOptions& options, Doctor& checkup) {
  if (surroundings.prober->scope() == ProbeScope::none) {
    checkup.unseen.push_back({"what upstreams answer: no connection was to be made", "上游的应答：未允许建立连接"});
    return;
  }
  std::size_t left_out = 0;
  std::set<std::string> told;
  for (const SurveyedUpstream& one : survey_upstreams(surroundings, knowledge, options.most_upstreams, left_out)) {
    if (one.is_plain_to_tls) {
      ++checkup.upstreams;
      checkup.findings.push_back({"plain-to-tls-port",
                                  Severity::critical,
                                  {"nginx speaks plain text to " + one.target + ", which speaks TLS: its answer is a page that says so",
                                   "nginx 以明文访问 " + one.target + "，而它使用 TLS：得到的只是一个说明此问题的页面"},
                                  {"handshaked diagnose --all gives the patch", "handshaked diagnose --all 给出补丁"},
                                  one.file,
                                  one.line});
      continue;
    }
    if (!one.verdict) continue;
    ++checkup.upstreams;
    check_peer_chain(one, surroundings, options, told, checkup);
    check_verdict(one, checkup);
  }
  if (left_out > 0) {
    checkup.unseen.push_back(
        {std::to_string(left_out) + " upstreams, for which there was no time", std::to_string(left_out) + " 个上游（时间不足）"});
  }
  std::size_t unknown = 0;
  for (const nginx::PassTarget& target : surroundings.nginx->passes.targets()) {
    if (target.is_tls && !target.written.is_complete) ++unknown;
  }
  if (unknown > 0) {
    checkup.unseen.push_back({std::to_string(unknown) + " places whose upstream only a request tells (variables)",
                              std::to_string(unknown) + " 处上游由请求决定（变量）"});
  }
}

}  // namespace handshaked::diagnose
