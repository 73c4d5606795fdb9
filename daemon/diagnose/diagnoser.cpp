#include "diagnose/diagnoser.h"

#include "diagnose/candidate_diagnosis.h"

namespace handshaked::diagnose {

Diagnosis diagnose(const Symptom& symptom, const Surroundings& surroundings, const match::Knowledge& knowledge) {
  Diagnosis diagnosis;
  if (surroundings.nginx == nullptr) {
    diagnosis = candidate_diagnosis(symptom, knowledge);
  } else {
    switch (symptom.side) {
      case parse::Side::upstream: diagnosis = diagnose_upstream(symptom, surroundings, knowledge); break;
      case parse::Side::client:
      case parse::Side::ocsp: diagnosis = diagnose_listener(symptom, surroundings, knowledge); break;
      case parse::Side::config: diagnosis = diagnose_configuration(symptom, surroundings, knowledge); break;
    }
  }
  rank_fixes(diagnosis.fixes);
  return diagnosis;
}

}  // namespace handshaked::diagnose
