#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/language.h"
#include "cli/document/document.h"
#include "match/rule.h"

namespace handshaked::cli {

struct ScanOptions {
  std::vector<std::string> files;  ///< "-" is standard input
  std::string rules_directory;     ///< empty: found by itself
  std::string time_zone = "local";
  Language language = Language::en;
  ReportFormat format = ReportFormat::text;
  std::string output_file;  ///< empty: standard output
  std::size_t top =
      0;  ///< incidents shown at most; 0: 50 for people (500 in HTML), all for programs
  bool all_details =
      false;          ///< text and Markdown: everything about each, not about the gravest only
  unsigned jobs = 0;  ///< threads for a large file; 0: as many as there are processors
  std::optional<match::Severity>
      fail_on;  ///< exit 1 when an incident that is no noise is at least so severe
};

/// `handshaked scan`: the whole analysis of logs, once, as a report. Sends nothing. Gives the exit
/// code.
int run_scan(const ScanOptions& options);

}  // namespace handshaked::cli
