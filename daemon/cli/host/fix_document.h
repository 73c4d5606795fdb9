#pragma once

#include <string>

#include "base/language.h"
#include "cli/document/document.h"
#include "cli/host/fix_application.h"
#include "diagnose/diagnosis.h"

namespace handshaked::cli {

/// A fix as an entry of a report's list.
Item fix_item(const diagnose::Fix& fix, std::string remark, Language language);

/// A fix for people. What is no patch stands behind "# ": patch(1) reads the whole as it is.
std::string fix_text(const std::string& incident, std::size_t rank, const diagnose::Fix& fix,
                     Language language);
std::string fix_json(const std::string& incident, std::size_t rank, const diagnose::Fix& fix,
                     Language language);

/// What was done, step by step.
std::string fix_report_text(const FixReport& report, const diagnose::Fix& fix, Language language);
std::string fix_report_json(const std::string& incident, const FixReport& report,
                            const diagnose::Fix& fix, Language language);

}  // namespace handshaked::cli
