#include "diagnose/candidate_diagnosis.h"
#include "diagnose/diagnoser.h"

namespace handshaked::diagnose {

Diagnosis diagnose_configuration(const Symptom& symptom, const Surroundings&, const match::Knowledge& knowledge) {
  return candidate_diagnosis(symptom, knowledge);
}

}  // namespace handshaked::diagnose
