#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/text/joined.h"
#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/json_layout.h"
#include "cli/document/output.h"
#include "cli/document/text_file.h"
#include "cli/log/log_reading.h"
#include "cli/rules/public_entry.h"
#include "cli/rules/rules_site.h"
#include "cli/rules/rules_verb.h"

namespace handshaked::cli {
int run_rules_import(const RulesImportOptions& options) {
  std::vector<ImportedEntry> all;
  bool failed = false;
  for (const std::string& file : options.files) {
    const auto text = read_text_file(file);
    if (!text) {
      complain_about(text.error());
      failed = true;
      continue;
    }
    for (ImportedEntry& entry : import_entries(text.value(), file)) {
      for (const std::string& warning : entry.warnings)
        std::fprintf(stderr, "%s: %s\n", visible_text(entry.id).c_str(),
                     visible_text(warning).c_str());
      failed = failed || entry.json.empty();
      if (!entry.json.empty()) all.push_back(std::move(entry));
    }
  }
  if (options.output_directory.empty()) {
    const std::string list = joined(all, ",", &ImportedEntry::json);
    Output output = Output::standard();
    if (!all.empty()) output.buffer() = laid_out(all.size() == 1 ? list : "[" + list + "]");
    if (const auto flushed = output.flush(); !flushed) {
      complain_about(flushed.error());
      return kExitInternal;
    }
  } else {
    for (const ImportedEntry& entry : all) {
      const auto path =
          std::filesystem::path(options.output_directory) / (page_name(entry.id) + ".json");
      if (const auto written = write_text_file(path, laid_out(entry.json)); !written) {
        complain_about(written.error());
        return kExitInternal;
      }
      std::fprintf(stderr, "%s\n", visible_text(path.string()).c_str());
    }
  }
  return failed ? kExitNothing : kExitDone;
}

}  // namespace handshaked::cli
