#include "diagnose/upstream/handshake/handshake_diagnosis.h"

#include "diagnose/texts.h"
#include "diagnose/upstream/handshake/handshake_families.h"
#include "diagnose/upstream/loaded_files.h"
#include "diagnose/upstream/resolver_faults.h"
#include "diagnose/upstream/verification/verification_diagnosis.h"

namespace handshaked::diagnose {
namespace {

/// The place works now, and the line is about a handshake.
void conclude_over(HandshakeReport& report) {
  const auto& candidates = report.symptom().candidates;
  if (!candidates.empty()) report.conclude(candidates.front().cause, candidates.front().likelihood);
  Diagnosis load;
  add_load_evidence(loaded_files(report.upstream()), load);
  for (Evidence& evidence : load.evidence)
    report.note(std::move(evidence.kind), std::move(evidence.text));
  report.note("peer", handshake_text("now.succeeds"));
}

/// The handshake of the line succeeds now, and what nginx would complain about now is the
/// certificate.
Diagnosis diagnose_what_is_behind(UpstreamCase& upstream) {
  Diagnosis diagnosis = diagnose_verification(upstream);
  diagnosis.confidence *= 0.8;
  diagnosis.evidence.push_back({"peer", handshake_text("now.fails_later")});
  const auto& candidates = upstream.symptom().candidates;
  if (!candidates.empty() && candidates.front().cause != diagnosis.cause)
    diagnosis.also.push_back(candidates.front().cause);
  return diagnosis;
}

bool is_behind(const UpstreamCase& upstream) {
  return upstream.now().stage == UpstreamStage::verification ||
         upstream.now().stage == UpstreamStage::name;
}

}  // namespace

Diagnosis diagnose_handshake(UpstreamCase& upstream) {
  HandshakeReport report(upstream);
  if (diagnose_unreadable_client_certificate(report)) return report.finish();
  if (diagnose_no_live_upstreams(report)) return report.finish();
  if (diagnose_resolver(report)) return report.finish();
  if (diagnose_plain_to_tls(report)) return report.finish();
  if (diagnose_connection(report)) return report.finish();
  if (diagnose_tls_behind_plain(report)) return report.finish();
  if (diagnose_not_tls(report)) return report.finish();
  if (diagnose_client_certificate(report)) return report.finish();
  if (diagnose_old_defaults(report)) return report.finish();
  if (diagnose_not_http2(report)) return report.finish();
  if (is_behind(upstream)) return diagnose_what_is_behind(upstream);
  if (diagnose_nginx_alone(report)) return report.finish();
  if (upstream.now().passes()) {
    conclude_over(report);
    return report.finish();
  }
  if (diagnose_unknown_name(report)) return report.finish();
  if (diagnose_parameters(report)) return report.finish();
  diagnose_peer_failure(report);
  return report.finish();
}

}  // namespace handshaked::diagnose
