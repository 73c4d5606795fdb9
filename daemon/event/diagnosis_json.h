#pragma once

#include <memory>
#include <string>

#include "base/language.h"
#include "correlate/diagnosis_note.h"
#include "diagnose/diagnosis.h"
#include "match/rule.h"

namespace handshaked::event {

/// The members "diagnosis", "fixes" and "dead_ends" of the event data, without braces around them:
/// what a look at the configuration and the peer found. `rule` (nullptr: it left the rule set)
/// gives the candidates that the line alone left open.
std::string diagnosis_members(const diagnose::Diagnosis& diagnosis, const match::Rule* rule,
                              Language language);

/// A diagnosis as an incident keeps it, in both languages. The last fixes and dead ends are left
/// out when a text would become longer than `most_bytes`.
std::shared_ptr<const correlate::DiagnosisNote> diagnosis_note(
    diagnose::Diagnosis diagnosis, const match::Rule* rule,
    std::size_t most_bytes = correlate::DiagnosisNote::kMaxText);

}  // namespace handshaked::event
