#pragma once

#include "base/language.h"
#include "cli/diagnosis_run.h"
#include "cli/page.h"

namespace handshaked::cli {

/// For people: every incident with its cause, how that is known, the fixes with their proof and patch, and what not to try.
void write_diagnosis_report(Page& page, const DiagnosisReport& report, Language language);

}  // namespace handshaked::cli
