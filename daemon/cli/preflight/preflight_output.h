#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/language.h"
#include "cli/document/document.h"
#include "diagnose/preflight/forecast.h"
#include "diagnose/preflight/planned_change.h"

namespace handshaked::cli {

/// What is going to change, a sentence each.
std::vector<std::string> change_sentences(const diagnose::PlannedChange& change, Language language);
/// "breaks", "still works", "cannot tell".
std::string outlook_words(Language language, diagnose::Outlook outlook);
/// What becomes of a place, in one sentence, whatever its outlook.
std::string sentence_of(const diagnose::Forecast& place, Language language);

/// Text, Markdown, HTML.
void write_preflight_report(Document& page, const diagnose::PreflightReport& report,
                            const diagnose::PlannedChange& change, Language language);
/// As daemon/event/schema/preflight-1.json says.
std::string preflight_json(const diagnose::PreflightReport& report,
                           const diagnose::PlannedChange& change, Language language);

/// Where a file of nginx's lies for whoever reads the output: a path of the checkout.
using SourceOf = std::function<std::string(const std::string& path)>;
/// SARIF 2.1.0: a result for every place that is not as good as today, at file and line.
std::string preflight_sarif(const diagnose::PreflightReport& report, const SourceOf& source_of,
                            Language language);
/// JUnit: a test case a place; what breaks is a failure, what cannot be told an error.
std::string preflight_junit(const diagnose::PreflightReport& report, Language language);

}  // namespace handshaked::cli
