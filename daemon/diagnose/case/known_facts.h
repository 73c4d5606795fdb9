#pragma once

#include "diagnose/case/surroundings.h"
#include "diagnose/diagnosis.h"
#include "diagnose/symptom.h"

namespace handshaked::diagnose {

/// The advice of the knowledge base is written for every host ("openssl s_client -connect {peer}
/// -CAfile {trusted_file}"): puts into fixes, dead ends and summary what line, configuration and
/// place of this diagnosis tell. Once, when it is finished.
void fill_in_known_facts(Diagnosis& diagnosis, const Symptom& symptom,
                         const Surroundings& surroundings);

}  // namespace handshaked::diagnose
