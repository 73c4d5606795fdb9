#include <set>

#include "diagnose/certificates/issuer_search.h"
#include "diagnose/doctor/checkup_parts.h"
#include "diagnose/texts.h"
#include "diagnose/upstream/upstream_survey.h"

namespace handshaked::diagnose {
namespace {

using match::Severity;

void check_peer_chain(const SurveyedUpstream& one, const Surroundings& surroundings,
                      const DoctorOptions& options, std::set<std::string>& told, Doctor& checkup) {
  if (!one.verdict->observation) return;
  std::vector<CertificateFacts> chain;
  for (const PeerCertificate& certificate : one.verdict->observation->seen.chain)
    chain.push_back(certificate.facts);
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
         doctor_text(ending->has_ended ? "expiry.peer_over" : "expiry.peer",
                     {{"certificate", name}, {"peer", one.target}, {"date", ending->when}}),
         ending->has_ended ? doctor_text("expiry.ask_peer_now") : doctor_text("expiry.ask_peer"),
         one.file, one.line});
  }
}

void check_verdict(const SurveyedUpstream& one, Doctor& checkup) {
  const UpstreamVerdict& verdict = *one.verdict;
  if (verdict.passes()) {
    ++checkup.upstreams_working;
    const bool is_asked = verdict.observation && verdict.observation->seen.certificate_request &&
                          !verdict.asked.has_client_certificate;
    if (!is_asked) return;
    checkup.findings.push_back(
        {"upstream-asks-for-certificate", Severity::info,
         doctor_text("upstream.asks_for_certificate", {{"peer", one.target}}),
         doctor_text("upstream.which_cas"), one.file, one.line});
    return;
  }
  if (verdict.stage == UpstreamStage::untested) {
    checkup.unseen.push_back(
        doctor_text("unseen.upstream", {{"peer", one.target}, {"problem", verdict.problem}}));
    return;
  }
  const Text what = summary_of(verdict);
  checkup.findings.push_back(
      {"upstream-fails", Severity::critical,
       doctor_text("upstream.fails", {{"peer", one.target}, {"problem", what}}),
       doctor_text("upstream.cause"), one.file, one.line});
}

}  // namespace

void check_upstreams(const Surroundings& surroundings, const match::Knowledge& knowledge,
                     const DoctorOptions& options, Doctor& checkup) {
  if (surroundings.prober->scope() == ProbeScope::none) {
    checkup.unseen.push_back(doctor_text("unseen.upstreams"));
    return;
  }
  std::size_t left_out = 0;
  std::set<std::string> told;
  for (const SurveyedUpstream& one :
       survey_upstreams(surroundings, knowledge, options.most_upstreams, left_out)) {
    if (one.is_plain_to_tls) {
      ++checkup.upstreams;
      checkup.findings.push_back({"plain-to-tls-port", Severity::critical,
                                  doctor_text("upstream.plain", {{"peer", one.target}}),
                                  doctor_text("upstream.patch"), one.file, one.line});
      continue;
    }
    if (!one.verdict) continue;
    ++checkup.upstreams;
    check_peer_chain(one, surroundings, options, told, checkup);
    check_verdict(one, checkup);
  }
  if (left_out > 0) {
    checkup.unseen.push_back(doctor_text("unseen.no_time", {{"count", std::to_string(left_out)}}));
  }
  std::size_t unknown = 0;
  for (const nginx::PassTarget& target : surroundings.nginx->passes.targets()) {
    if (target.is_tls && !target.written.is_complete) ++unknown;
  }
  if (unknown > 0) {
    checkup.unseen.push_back(
        doctor_text("unseen.by_request", {{"count", std::to_string(unknown)}}));
  }
}

}  // namespace handshaked::diagnose
