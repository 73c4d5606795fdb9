#pragma once

#include "base/language.h"
#include "cli/document/document.h"
#include "cli/host/diagnosis_run.h"

namespace handshaked::cli {

/// For people: every incident with its cause, how that is known, the fixes with their proof and patch, and what not to try.
void write_diagnosis_report(Document& page, const DiagnosisReport& report, Language language);

}  // namespace handshaked::cli
