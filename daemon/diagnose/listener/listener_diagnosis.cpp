#include "diagnose/case/candidate_diagnosis.h"
#include "diagnose/diagnoser.h"
#include "diagnose/listener/listener_families.h"
#include "diagnose/listener/stapling_diagnosis.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

/// Lines that only the knowledge base speaks about: noise, resets, alerts without a cause of ours.
void conclude_likeliest(LocalCase& local, const ListenerPlace& place) {
  if (local.symptom().candidates.empty()) return;
  const nginx::ListeningServer& server = place.server();
  local.set_place(server.listen->directive != nullptr ? *server.listen->directive
                                                      : block_of(server));
  const match::CandidateCause& likeliest = local.symptom().candidates.front();
  local.conclude(likeliest.cause, likeliest.likelihood);
}

Diagnosis without_place(LocalCase& local) {
  Diagnosis candidates = candidate_diagnosis(local.symptom(), local.knowledge());
  candidates.evidence.push_back({"configuration", listener_text("listener.none_fits")});
  return candidates;
}

}  // namespace

Diagnosis diagnose_listener(const Symptom& symptom, const Surroundings& surroundings,
                            const match::Knowledge& knowledge) {
  LocalCase local(symptom, surroundings, knowledge);
  if (symptom.side == parse::Side::ocsp) {
    diagnose_ocsp(local);
    return local.finish();
  }
  const auto place = find_listener(local);
  if (!place) return without_place(local);
  local.add_evidence("configuration",
                     listener_text("listener.found", {{"listener", place->listener().key},
                                                      {"why", place->candidates.front().why}}));
  const bool is_known =
      diagnose_no_certificate(local, *place) || diagnose_dynamic_certificate(local, *place) ||
      diagnose_client_certificate(local, *place) || diagnose_names(local, *place) ||
      diagnose_first_bytes(local, *place) || diagnose_rejected_certificate(local, *place) ||
      diagnose_parameters(local, *place);
  if (!is_known) conclude_likeliest(local, *place);
  return local.finish();
}

}  // namespace handshaked::diagnose
