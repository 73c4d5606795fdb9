#include <algorithm>

#include "base/text/joined.h"
#include "diagnose/case/candidate_diagnosis.h"
#include "diagnose/diagnoser.h"
#include "diagnose/texts.h"
#include "diagnose/upstream/handshake/client_pair.h"
#include "diagnose/upstream/handshake/handshake_diagnosis.h"
#include "diagnose/upstream/resolver_faults.h"
#include "diagnose/upstream/verification/verification_diagnosis.h"

namespace handshaked::diagnose {
namespace {

/// What the line alone allows, and why there is no more.
Diagnosis not_looked_at(const Symptom& symptom, const match::Knowledge& knowledge,
                        const Text& why) {
  Diagnosis diagnosis = candidate_diagnosis(symptom, knowledge);
  diagnosis.evidence.push_back({"configuration", why});
  return diagnosis;
}

/// nginx cuts a line at 2048 bytes, and a long request then pushes `upstream:` out: the peers that
/// it can have been about, from the places of the server that it names; TLS ones, each once.
std::vector<Symptom> with_possible_peers(const Symptom& symptom, const ReadConfiguration& nginx) {
  constexpr std::size_t kMost = 6;
  std::vector<Symptom> symptoms;
  for (const nginx::PassTarget& target : nginx.passes.targets()) {
    const std::string& server = target.server->names.logged;
    if (!symptom.server.empty() && !server.empty() &&
        nginx::to_lower(server) != nginx::to_lower(symptom.server))
      continue;
    for (const nginx::Destination& destination : target.destinations) {
      const bool has_servers = destination.group != nullptr && !destination.group->servers.empty();
      Symptom possible = symptom;
      possible.scheme = destination.scheme;
      possible.peer = has_servers ? destination.group->servers.front().address.text()
                                  : destination.address.text();
      const bool is_known =
          std::any_of(symptoms.begin(), symptoms.end(), [&](const Symptom& other) {
            return other.peer == possible.peer && other.scheme == possible.scheme;
          });
      if (destination.is_tls && !is_known && symptoms.size() < kMost)
        symptoms.push_back(std::move(possible));
    }
  }
  return symptoms;
}

/// The place is known, and yet nothing could be judged: the candidates, with what is known.
Diagnosis not_judged(UpstreamCase& upstream) {
  Diagnosis diagnosis = candidate_diagnosis(upstream.symptom(), upstream.knowledge());
  diagnosis.evidence.clear();
  add_upstream_evidence(upstream, diagnosis);
  return diagnosis;
}

/// Verification failed when the line was written; now nobody comes as far as that.
Diagnosis changed_since(UpstreamCase& upstream) {
  Diagnosis diagnosis = not_judged(upstream);
  const Text now = summary_of(upstream.now());
  diagnosis.confidence *= 0.8;
  diagnosis.evidence.push_back({"peer", upstream_text("peer.has_changed", {{"now", now}})});
  return diagnosis;
}

/// The handshake is complete without the certificate that the peer has asked for: it may do
/// without, or answer 400 or 403.
bool lacks_asked_certificate(const UpstreamVerdict& verdict) {
  return verdict.observation && verdict.observation->seen.certificate_request &&
         !verdict.asked.has_client_certificate;
}

Diagnosis asked_for_certificate(UpstreamCase& upstream) {
  Diagnosis diagnosis;
  add_upstream_evidence(upstream, diagnosis);
  diagnosis.cause = "upstream_requires_client_cert";
  diagnosis.confidence = 0.5;
  diagnosis.is_silent_fault = true;
  diagnosis.is_healthy_now = true;  // the handshake is
  diagnosis.summary = upstream_text("peer.asks_for_certificate");
  const std::string cas =
      joined(upstream.now().observation->seen.certificate_request->accepted_cas, "; ");
  if (!cas.empty())
    diagnosis.evidence.push_back({"peer", upstream_text("peer.takes_cas", {{"cas", cas}})});
  static const Text kNotTried = upstream_text("peer.may_insist");
  HandshakeReport report(upstream);
  propose_client_pair(report, diagnosis.cause, "configure-client-cert");
  for (Fix& fix : report.diagnosis().fixes) {
    fix.proof = {.detail = kNotTried};
    diagnosis.fixes.push_back(std::move(fix));
  }
  add_known_advice(diagnosis, diagnosis.cause, upstream.symptom().scheme, upstream.knowledge(),
                   kNotTried);
  return diagnosis;
}

Diagnosis healthy(UpstreamCase& upstream) {
  if (lacks_asked_certificate(upstream.now())) return asked_for_certificate(upstream);
  Diagnosis diagnosis;
  add_upstream_evidence(upstream, diagnosis);
  diagnosis.is_healthy_now = true;
  diagnosis.confidence = 1;
  diagnosis.summary = summary_of(upstream.now());
  return diagnosis;
}

/// Without a line, and without a look, nothing is known to be broken.
Diagnosis not_looked_at(UpstreamCase& upstream) {
  Diagnosis diagnosis;
  add_upstream_evidence(upstream, diagnosis);
  diagnosis.summary = summary_of(upstream.now());
  return diagnosis;
}

/// Without a line, and without TLS on the other side, there is no fault of TLS.
Diagnosis plain_as_configured(UpstreamCase& upstream) {
  Diagnosis diagnosis;
  add_upstream_evidence(upstream, diagnosis);
  diagnosis.summary = upstream_text("peer.no_tls_found");
  return diagnosis;
}

/// What our library passes, nginx's may not: asked where the two are known to differ.
bool is_refused_by_nginx(UpstreamCase& upstream) {
  const bool is_known = !upstream.surroundings().installation.openssl_running.empty();
  if (upstream.now().is_by_nginx || !is_known || !upstream.is_library_of_nginx_another())
    return false;
  const auto asked = upstream.ask_nginx(upstream.new_patch());
  return asked && !asked.value().has_passed;
}

}  // namespace

Diagnosis diagnose_case(UpstreamCase& upstream) {
  const Symptom& symptom = upstream.symptom();
  const bool is_line = !symptom.message.empty();
  const bool is_verification = symptom.is_about_verification();
  switch (upstream.now().stage) {
    case UpstreamStage::verification:
    case UpstreamStage::name:
      // "Alert 112" or "connection reset", and now a certificate is shown: the line is of the
      // handshake all the same.
      return is_line && !is_verification ? diagnose_handshake(upstream)
                                         : diagnose_verification(upstream);
    case UpstreamStage::passes:
      if (!is_line && !is_refused_by_nginx(upstream)) return healthy(upstream);
      return is_verification ? diagnose_outdated_verdict(upstream) : diagnose_handshake(upstream);
    case UpstreamStage::plain: {
      Diagnosis diagnosis = diagnose_handshake(upstream);
      return is_line || diagnosis.is_silent_fault ? diagnosis : plain_as_configured(upstream);
    }
    case UpstreamStage::untested:
      if (!is_line) return not_looked_at(upstream);
      [[fallthrough]];
    case UpstreamStage::configuration:
      return is_verification ? not_judged(upstream) : diagnose_handshake(upstream);
    default: return is_verification ? changed_since(upstream) : diagnose_handshake(upstream);
  }
}

Diagnosis diagnose_upstream(const Symptom& symptom, const Surroundings& surroundings,
                            const match::Knowledge& knowledge) {
  if (surroundings.nginx == nullptr) return candidate_diagnosis(symptom, knowledge);
  if (symptom.peer.empty()) {
    if (const auto unresolved = with_unresolved_upstream(symptom, surroundings.nginx->passes)) {
      if (auto opened = UpstreamCase::open(*unresolved, surroundings, knowledge))
        return diagnose_case(*opened.value());
    }
    for (const Symptom& possible : with_possible_peers(symptom, *surroundings.nginx)) {
      auto opened = UpstreamCase::open(possible, surroundings, knowledge);
      if (!opened || !opened.value()->explains_line()) continue;
      Diagnosis diagnosis = diagnose_case(*opened.value());
      diagnosis.confidence *= 0.9;
      return diagnosis;
    }
  }
  auto opened = UpstreamCase::open(symptom, surroundings, knowledge);
  if (!opened) {
    return not_looked_at(symptom, knowledge,
                         upstream_text("place.not_found", {{"problem", opened.error().message()}}));
  }
  return diagnose_case(*opened.value());
}

}  // namespace handshaked::diagnose
