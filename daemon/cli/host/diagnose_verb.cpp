#include "cli/host/diagnose_verb.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <limits>

#include "base/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/document/terminal.h"
#include "cli/host/diagnosis_report.h"
#include "cli/host/diagnosis_run.h"
#include "cli/log/log_reading.h"
#include "diagnose/patch/shown_lines.h"
#include "emit/diagnosis_json.h"
#include "emit/remediation_event.h"

namespace handshaked::cli {
namespace {

/// The contract's half minute, less what is left for writing the answer.
constexpr auto kTimeLimit = std::chrono::seconds(28);

std::string report_json(const DiagnosisReport& report, const KnowledgeBase& base, Language language) {
  std::string out = "{\"incidents\":[";
  bool is_first = true;
  for (const DiagnosedIncident& one : report.incidents) {
    if (!is_first) out += ",\n";
    is_first = false;
    correlate::Incident incident = one.incident;
    incident.diagnosis = emit::diagnosis_note(diagnose::shown_to(diagnose::Audience::operators_file, one.diagnosis), one.rule,
                                              std::numeric_limits<std::size_t>::max());
    emit::append_incident_data(out, incident, one.rule, base.knowledge, language);
  }
  return out + "]}\n";
}

bool is_met(const std::optional<match::Severity>& fail_on, const DiagnosisReport& report) {
  return fail_on && std::any_of(report.incidents.begin(), report.incidents.end(),
                                [&](const DiagnosedIncident& one) { return !one.incident.noise && one.incident.severity >= *fail_on; });
}

}  // namespace

int run_diagnose(const DiagnoseOptions& options) {
  const auto deadline = std::chrono::steady_clock::now() + kTimeLimit;
  const auto zone = parse::TimeZone::named(options.time_zone);
  if (!zone) {
    complain_about(zone.error());
    return kExitUsage;
  }
  const auto base = require_knowledge_base(options.rules_directory, KnowledgeDepth::rules_and_texts);
  if (!base) return kExitConfiguration;
  const auto nginx = diagnose::read_nginx(options.nginx);
  if (!nginx) {
    complain_about(nginx.error());
    return kExitUsage;
  }
  DiagnosisOrder order;
  order.logs = options.logs;
  order.peer = options.peer;
  order.all = options.all;
  order.ca_stores = options.ca_stores;
  order.may_probe = !options.no_probe;
  order.deadline = deadline;
  DiagnosisReport report = run_diagnosis(order, *base, zone.value(), nginx.value());
  for (const std::string& remark : report.remarks) std::fprintf(stderr, "handshaked: %s\n", visible_text(remark).c_str());

  Output output = Output::standard();
  if (options.json) {
    output.buffer() = report_json(report, *base, options.language);
  } else {
    const auto page = make_page(page_options_for(STDOUT_FILENO, PageFormat::text, options.language));
    // Root's own terminal sees all; what goes into a file or a pipe may go anywhere.
    if (!terminal_width(STDOUT_FILENO)) {
      for (DiagnosedIncident& one : report.incidents)
        one.diagnosis = diagnose::shown_to(diagnose::Audience::operators_file, std::move(one.diagnosis));
    }
    write_diagnosis_report(*page, report, options.language);
    output.buffer() = page->finish();
  }
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return is_met(options.fail_on, report) ? kExitNothing : kExitDone;
}

}  // namespace handshaked::cli
