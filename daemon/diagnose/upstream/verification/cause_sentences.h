#pragma once

#include <string>
#include <string_view>

#include "diagnose/diagnosis.h"
#include "diagnose/texts.h"
#include "diagnose/upstream/verification/verification_cause.h"

namespace handshaked::diagnose {

/// The facts of a cause: names, dates, files.
SentenceFacts sentence_facts(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                             const FoundCause& cause);

/// What is broken, with names, dates and files: one sentence. Empty for causes that have none here.
Text fault_sentence(std::string_view cause, const SentenceFacts& facts);
/// The words to send to whoever has to act: what we see, and what we ask for. Empty where nobody
/// else can help.
Text message_for_owner(std::string_view cause, const SentenceFacts& facts);

/// "2026-11-18 12:00:07 UTC".
std::string date_text(Time time);

}  // namespace handshaked::diagnose
