#include "cli/host/diagnose_verb.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <limits>

#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/document/terminal.h"
#include "cli/host/diagnosis_run.h"
#include "cli/host/named_incident.h"
#include "cli/host/nginx_surroundings.h"
#include "cli/log/log_reading.h"
#include "diagnose/host/nginx_footprint.h"
#include "diagnose/patch/shown_lines.h"
#include "diagnose/probe/child/child_starter.h"
#include "event/diagnosis_json.h"
#include "event/incident_event.h"

namespace handshaked::cli {
namespace {

/// The contract's half minute, less what is left for writing the answer.
constexpr auto kTimeLimit = std::chrono::seconds(28);

std::string report_json(const DiagnosisReport& report, const KnowledgeBase& base,
                        Language language) {
  std::string out = "{\"incidents\":[";
  bool is_first = true;
  for (const DiagnosedIncident& one : report.incidents) {
    if (!is_first) out += ",\n";
    is_first = false;
    correlate::Incident incident = one.incident;
    incident.diagnosis =
        event::diagnosis_note(diagnose::shown_to(diagnose::Audience::operators_file, one.diagnosis),
                              one.rule, std::numeric_limits<std::size_t>::max());
    event::append_incident_data(out, incident, one.rule, base.knowledge, language);
  }
  return out + "]}\n";
}

bool is_met(const std::optional<match::Severity>& fail_on, const DiagnosisReport& report) {
  return fail_on && std::any_of(report.incidents.begin(), report.incidents.end(),
                                [&](const DiagnosedIncident& one) {
                                  return !one.incident.noise && one.incident.severity >= *fail_on;
                                });
}

bool has_changed(const diagnose::NginxAtHand& nginx) {
  const Time now = wall_clock_now();
  return nginx.read && !nginx.is_dump &&
         !(diagnose::footprint_of(nginx, nginx.loaded_at, now) ==
           diagnose::footprint_of(nginx, diagnose::loaded_at(nginx), now));
}

}  // namespace

int run_diagnose(const DiagnoseOptions& options) {
  const auto deadline = std::chrono::steady_clock::now() + kTimeLimit;
  const auto zone = parse::TimeZone::named(options.time_zone);
  if (!zone) {
    complain_about(zone.error());
    return kExitUsage;
  }
  diagnose::ChildStarter::of_this_process().prepare();  // it begins while we read
  const auto base =
      require_knowledge_base(options.rules_directory, KnowledgeDepth::rules_and_texts);
  if (!base) return kExitConfiguration;
  const DiagnosisSettings settings = diagnosis_settings(options.daemon);
  const diagnose::NginxPlace place = nginx_place(options.nginx, settings);
  auto nginx = diagnose::read_nginx_whole(place);
  if (!nginx) {
    complain_about(nginx.error());
    return kExitUsage;
  }
  DiagnosisOrder order;
  if (options.incident.empty()) order.logs = options.logs;
  order.peer = options.peer;
  order.all = options.all;
  order.ca_stores = options.ca_stores.empty() ? settings.ca_stores : options.ca_stores;
  order.allow = settings.allow;
  order.may_probe = !options.no_probe;
  order.deadline = deadline;
  NamedIncident named(options.incident, options.logs, options.daemon);
  const auto diagnose_once = [&] {
    return options.incident.empty() ? run_diagnosis(order, *base, zone.value(), nginx.value())
                                    : named.diagnose(order, *base, zone.value(), nginx.value());
  };
  DiagnosisReport report = diagnose_once();
  if (has_changed(nginx.value()) && std::chrono::steady_clock::now() < deadline - kTimeLimit / 2) {
    // What was found belongs to an nginx that is no more.
    auto again = diagnose::read_nginx_whole(place);
    if (again) {
      nginx = std::move(again);
      report = diagnose_once();
    }
  }
  for (const std::string& remark : report.remarks)
    std::fprintf(stderr, "handshaked: %s\n", visible_text(remark).c_str());
  if (report.why_not) {
    complain_about(*report.why_not);
    if (options.format == ReportFormat::json) std::fputs("{\"incidents\":[]}\n", stdout);
    return report.why_not->code() == ErrorCode::invalid_input ? kExitUsage : kExitInternal;
  }
  if (!options.incident.empty() && report.incidents.size() != 1) {
    named.complain(report);
    return kExitUsage;
  }

  Output output = Output::standard();
  if (options.format == ReportFormat::json) {
    output.buffer() = report_json(report, *base, options.language);
  } else {
    const auto page = make_page(
        page_options_for(STDOUT_FILENO, page_format_of(options.format), options.language));
    // Root's own terminal sees all; what goes into a file or a pipe may go anywhere.
    if (options.format != ReportFormat::text || !terminal_width(STDOUT_FILENO)) {
      for (DiagnosedIncident& one : report.incidents)
        one.diagnosis =
            diagnose::shown_to(diagnose::Audience::operators_file, std::move(one.diagnosis));
    }
    write_diagnosis_report(*page, report, options.language);
    output.buffer() = page->finish();
  }
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  if (!report.unreadable.empty()) return kExitUsage;
  return is_met(options.fail_on, report) ? kExitNothing : kExitDone;
}

}  // namespace handshaked::cli
