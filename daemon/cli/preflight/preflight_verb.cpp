#include "cli/preflight/preflight_verb.h"

#include <unistd.h>

#include <algorithm>

#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/document/terminal.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/log/log_reading.h"
#include "cli/preflight/preflight_input.h"
#include "cli/preflight/preflight_output.h"
#include "cli/preflight/preflight_run.h"
#include "diagnose/patch/shown_lines.h"

namespace handshaked::cli {
namespace {

using diagnose::Outlook;
using diagnose::PreflightReport;

bool is_met(PreflightGate gate, const PreflightReport& report) {
  const auto has = [&](Outlook outlook) { return report.has(outlook); };
  switch (gate) {
    case PreflightGate::none: return false;
    case PreflightGate::broken_already:
      if (has(Outlook::broken_already)) return true;
      [[fallthrough]];
    case PreflightGate::weakens:
      if (has(Outlook::weakens)) return true;
      [[fallthrough]];
    case PreflightGate::cannot_tell:
      if (has(Outlook::cannot_tell) || !report.missing_files.empty()) return true;
      [[fallthrough]];
    case PreflightGate::breaks: return has(Outlook::breaks);
  }
  return false;
}

/// Root's own terminal sees all; what goes into a file or a pipe may go anywhere.
void redact(PreflightReport& report) {
  for (diagnose::Forecast& place : report.places) {
    diagnose::Diagnosis diagnosis;
    for (diagnose::Prevention& one : place.preventions)
      diagnosis.fixes.push_back(std::move(one.fix));
    diagnosis = diagnose::shown_to(diagnose::Audience::operators_file, std::move(diagnosis));
    for (std::size_t i = 0; i < place.preventions.size(); ++i)
      place.preventions[i].fix = std::move(diagnosis.fixes[i]);
  }
}

PreflightFormat format_of(const PreflightOptions& options) {
  if (options.is_format_given) return options.format;
  const std::string& name = options.output_file;
  if (name.ends_with(".sarif")) return PreflightFormat::sarif;
  if (name.ends_with(".xml")) return PreflightFormat::junit;
  if (name.ends_with(".json")) return PreflightFormat::json;
  if (name.ends_with(".md") || name.ends_with(".markdown")) return PreflightFormat::markdown;
  return name.ends_with(".html") || name.ends_with(".htm") ? PreflightFormat::html
                                                           : PreflightFormat::text;
}

std::string render(const PreflightReport& report, const diagnose::PlannedChange& change,
                   const PreflightHosts& hosts, const PreflightOptions& options) {
  const PreflightFormat format = format_of(options);
  switch (format) {
    case PreflightFormat::json: return preflight_json(report, change, options.language);
    case PreflightFormat::sarif:
      return preflight_sarif(
          report, [&hosts](const std::string& path) { return hosts.source_of(path); },
          options.language);
    case PreflightFormat::junit: return preflight_junit(report, options.language);
    default: break;
  }
  const PageFormat page_format = format == PreflightFormat::markdown ? PageFormat::markdown
                                 : format == PreflightFormat::html   ? PageFormat::html
                                                                     : PageFormat::text;
  const auto page =
      make_page(options.output_file.empty()
                    ? page_options_for(STDOUT_FILENO, page_format, options.language)
                    : PageOptions{.format = page_format, .language = options.language});
  write_preflight_report(*page, report, change, options.language);
  return page->finish();
}

int usage(const Error& error) {
  complain_about(error);
  return error.code() == ErrorCode::limit_exceeded || error.code() == ErrorCode::timeout
             ? kExitInternal
             : kExitUsage;
}

}  // namespace

int run_preflight(const PreflightOptions& options) {
  const Time now = wall_clock_now();
  auto change = read_change(options, now);
  if (!change) return usage(change.error());
  auto roots = read_roots(options.roots), roots_in_use = read_roots(options.against_roots);
  if (!roots || !roots_in_use) return usage((roots ? roots_in_use : roots).error());
  const auto hosts = PreflightHosts::find(
      options, {std::move(roots).value(), std::move(roots_in_use).value()}, change.value());
  if (!hosts) return usage(hosts.error());
  if (!change.value().is_everywhere() && change.value().chains.empty() &&
      change.value().files.empty())
    return usage(Error(ErrorCode::invalid_input,
                       "no change was named: give one, for example --peer HOST:PORT --chain FILE, "
                       "or --until DATE"));
  const auto base =
      require_knowledge_base(options.rules_directory, KnowledgeDepth::rules_and_texts);
  if (!base) return kExitConfiguration;
  change.value().nginx_in_use = hosts.value().installation().version;
  // Before the work, so that it does not end in "permission denied".
  auto output = Output::to_file(options.output_file.empty() ? "-" : options.output_file);
  if (!output) return usage(output.error());
  auto report = run_preflight_on(hosts.value(), options, change.value(), *base, now);
  if (!report) return usage(report.error());
  if (!options.output_file.empty() || !terminal_width(STDOUT_FILENO)) redact(report.value());
  output.value().buffer() = render(report.value(), change.value(), hosts.value(), options);
  if (const auto flushed = output.value().flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return is_met(options.fail_on, report.value()) ? kExitNothing : kExitDone;
}

}  // namespace handshaked::cli
