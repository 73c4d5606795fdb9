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
  LineAnalysis::ConfirmLine confirm;                             ///< for lines that need the configuration
  std::function<void(const match::RecognisedLine&)> on_trusted;  ///< sees every line that counts, in order
};

/// Reads logs through the whole analysis, as the daemon would, with the log's own time as the clock. Every fault is shown, so
/// nothing waits for a threshold. Files that cannot be read are complained about and noted in the result. `jobs`: threads for a large file,
/// 0 for as many as there are processors; hooks are called by one.
ScanResult scan_logs(const std::vector<std::string>& files, std::shared_ptr<const match::RuleSet> rules, const parse::TimeZone& zone,
                     const ScanHooks& hooks = {}, unsigned jobs = 0);

}  // namespace handshaked::cli
