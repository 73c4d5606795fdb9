#include "cli/log/scan_verb.h"

#include <unistd.h>

#include <algorithm>
#include <limits>

#include "cli/command_line/exit_code.h"
#include "cli/document/document.h"
#include "cli/document/output.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/log/log_reading.h"
#include "cli/log/scan.h"
#include "cli/log/scan_report.h"

namespace handshaked::cli {
namespace {

constexpr std::size_t kTopForPeople = 50;
constexpr std::size_t kTopInHtml = 500;     // folded, with a filter
constexpr std::size_t kDetailedFaults = 5;  // of those that are listed

void write_json(Output& output, const ScanResult& result, const KnowledgeBase& base,
                const ScanOptions& options) {
  const std::size_t top = options.top == 0 ? std::numeric_limits<std::size_t>::max() : options.top;
  write_scan_json(output.buffer(), result, base, options.language, top, [&output] {
    output.pass_on();
    return !output.reader_is_gone();
  });
}

std::string page_of(const ScanResult& result, const KnowledgeBase& base,
                    const ScanOptions& options) {
  const PageFormat format = page_format_of(options.format);
  const PageOptions page_options =
      options.output_file.empty() ? page_options_for(STDOUT_FILENO, format, options.language)
                                  : PageOptions{.format = format, .language = options.language};
  const auto page = make_page(page_options);
  const bool is_html = format == PageFormat::html;
  const std::size_t top = options.top != 0 ? options.top : is_html ? kTopInHtml : kTopForPeople;
  write_scan_report(*page, result, base,
                    {.language = options.language,
                     .top = top,
                     .detailed = is_html || options.all_details ? top : kDetailedFaults});
  return page->finish();
}

bool is_met(const std::optional<match::Severity>& fail_on, const ScanResult& result) {
  return fail_on && std::any_of(result.incidents.begin(), result.incidents.end(),
                                [&](const correlate::Incident& incident) {
                                  return !incident.noise && incident.severity >= *fail_on;
                                });
}

}  // namespace

int run_scan(const ScanOptions& options) {
  const auto zone = parse::TimeZone::named(options.time_zone);
  if (!zone) {
    complain_about(zone.error());
    return kExitUsage;
  }
  const auto base =
      require_knowledge_base(options.rules_directory, KnowledgeDepth::rules_and_texts);
  if (!base) return kExitConfiguration;
  // Before the work, so that an hour of reading does not end in "permission denied".
  auto output = Output::to_file(options.output_file.empty() ? "-" : options.output_file);
  if (!output) {
    complain_about(output.error());
    return kExitUsage;
  }
  const ScanResult result = scan_logs(options.files, base->rules, zone.value(), {}, options.jobs);
  if (options.format == ReportFormat::json) write_json(output.value(), result, *base, options);
  else output.value().buffer() = page_of(result, *base, options);
  if (const auto flushed = output.value().flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  // What could be read is reported, and whoever asked has to know that it was not all.
  const bool is_incomplete = std::any_of(result.logs.begin(), result.logs.end(),
                                         [](const ScannedLog& log) { return !log.error.empty(); });
  if (is_incomplete) return kExitUsage;
  return is_met(options.fail_on, result) ? kExitNothing : kExitDone;
}

}  // namespace handshaked::cli
