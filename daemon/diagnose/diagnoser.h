#pragma once

#include "diagnose/case/surroundings.h"
#include "diagnose/diagnosis.h"
#include "diagnose/symptom.h"
#include "match/knowledge.h"

namespace handshaked::diagnose {

/// From what the lines tell to what is broken, and what cures it. Blocks, until
/// surroundings.deadline at most; run it on a worker. What the time did not reach is `untested`.
/// Without a configuration it gives ranked candidates, nothing proved, and the command to run
/// there.
Diagnosis diagnose(const Symptom& symptom, const Surroundings& surroundings,
                   const match::Knowledge& knowledge);

// The three that it is made of, by where the line was written.
Diagnosis diagnose_upstream(const Symptom& symptom, const Surroundings& surroundings,
                            const match::Knowledge& knowledge);
Diagnosis diagnose_listener(const Symptom& symptom, const Surroundings& surroundings,
                            const match::Knowledge& knowledge);  ///< client, OCSP
Diagnosis diagnose_configuration(const Symptom& symptom, const Surroundings& surroundings,
                                 const match::Knowledge& knowledge);

}  // namespace handshaked::diagnose
