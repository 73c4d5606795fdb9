#pragma once

#include "diagnose/diagnosis.h"
#include "diagnose/symptom.h"
#include "match/knowledge.h"

namespace handshaked::diagnose {

/// What can be said from the line alone: the likeliest cause with its likelihood, the fixes and
/// dead ends that the knowledge base has for the candidates, all untested. The ground that every
/// other diagnosis stands on, and all there is without a configuration.
Diagnosis candidate_diagnosis(const Symptom& symptom, const match::Knowledge& knowledge);

/// The texts of the knowledge base for one cause, as fixes and dead ends that nobody has tried yet.
/// `why_untested` is their proof's detail.
void add_known_advice(Diagnosis& diagnosis, std::string_view cause, std::string_view scheme,
                      const match::Knowledge& knowledge, const Text& why_untested);

/// What fills in the directives of advice about a line.
std::string_view directives_of(const Symptom& symptom);

/// The meaning of a cause in one sentence, with the family of directives put in; empty for one that
/// the knowledge base lacks.
Text meaning_of(std::string_view cause, std::string_view scheme, const match::Knowledge& knowledge);

}  // namespace handshaked::diagnose
