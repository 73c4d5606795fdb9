#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analysis.h"
#include "cli/log/scan_result.h"
#include "match/rule_set.h"
#include "parse/time_zone.h"

namespace handshaked::cli {

/// What a caller may add to a scan.
struct ScanHooks {
  LineAnalysis::ConfirmLine confirm;  ///< for lines that need the configuration
  std::function<void(const match::RecognisedLine&)>
      on_trusted;  ///< sees every line that counts, in order
};

/// Reads logs through the whole analysis, as the daemon would, with the log's own time as the
/// clock. Every fault is shown, so nothing waits for a threshold. Files that cannot be read are
/// complained about and noted in the result. `jobs`: threads for a large file, 0 for as many as
/// there are processors; hooks are called by one.
ScanResult scan_logs(const std::vector<std::string>& files,
                     std::shared_ptr<const match::RuleSet> rules, const parse::TimeZone& zone,
                     const ScanHooks& hooks = {}, unsigned jobs = 0);

/// The path under which a rotated file was written: of "/var/log/nginx/error.log.2.gz" that is
/// "/var/log/nginx/error.log", where such a log is there; else its own. What began there has the id
/// that it had before the rotation.
std::string log_before_rotation(const std::string& file);

}  // namespace handshaked::cli
