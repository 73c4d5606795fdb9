#include "diagnose/diagnoser.h"

#include <algorithm>

#include "diagnose/case/candidate_diagnosis.h"
#include "diagnose/case/generated_configuration.h"
#include "diagnose/case/known_facts.h"
#include "diagnose/case/protection.h"
#include "diagnose/tls/tls_library.h"

namespace handshaked::diagnose {

namespace {

constexpr double kDoubt = 0.8;

/// What our own replay passes and nginx refuses puts the replay in doubt, and with it what was
/// concluded.
bool is_refused_by_nginx(const Diagnosis& diagnosis) {
  return std::any_of(diagnosis.fixes.begin(), diagnosis.fixes.end(), [](const Fix& fix) {
    return fix.proof.status == ProofStatus::refuted && fix.proof.method == ProofMethod::nginx;
  });
}

/// While a name is looked up nginx has no upstream to write down yet: the line looks like a
/// client's.
bool is_about_upstream(const Symptom& symptom) {
  return symptom.side == parse::Side::client &&
         (symptom.message.starts_with("no resolver defined") ||
          symptom.message.find(" could not be resolved (") != std::string::npos);
}

}  // namespace

Diagnosis diagnose(const Symptom& symptom, const Surroundings& surroundings,
                   const match::Knowledge& knowledge) {
  Diagnosis diagnosis;
  if (surroundings.nginx == nullptr) {
    diagnosis = candidate_diagnosis(symptom, knowledge);
  } else if (is_about_upstream(symptom)) {
    diagnosis = diagnose_upstream(symptom, surroundings, knowledge);
  } else {
    switch (symptom.side) {
      case parse::Side::upstream:
        diagnosis = diagnose_upstream(symptom, surroundings, knowledge);
        break;
      case parse::Side::client:
      case parse::Side::ocsp:
        diagnosis = diagnose_listener(symptom, surroundings, knowledge);
        break;
      case parse::Side::config:
        diagnosis = diagnose_configuration(symptom, surroundings, knowledge);
        break;
    }
  }
  if (surroundings.nginx != nullptr) {
    if (const auto why = why_proofs_do_not_count(surroundings.installation.openssl_running))
      withdraw_proofs(diagnosis, *why);
  }
  fill_in_known_facts(diagnosis, symptom, surroundings);
  mark_unsafe_fixes(diagnosis);
  // Of several candidates one may need what is in vain for another; who may be helped is not warned
  // of it.
  std::erase_if(diagnosis.dead_ends, [&](const DeadEnd& dead_end) {
    return std::any_of(diagnosis.fixes.begin(), diagnosis.fixes.end(),
                       [&](const Fix& fix) { return fix.title == dead_end.action; });
  });
  if (is_refused_by_nginx(diagnosis)) diagnosis.confidence *= kDoubt;
  rank_fixes(diagnosis.fixes);
  if (surroundings.nginx != nullptr)
    name_what_owner_edits(diagnosis, surroundings.nginx->configuration);
  return diagnosis;
}

}  // namespace handshaked::diagnose
