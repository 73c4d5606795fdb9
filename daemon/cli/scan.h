#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/scan_result.h"
#include "match/rule_set.h"
#include "parse/time_zone.h"

namespace handshaked::cli {

/// Reads logs through the whole analysis, as the daemon would, with the log's own time as the clock. Every fault is shown, so
/// nothing waits for a threshold. Files that cannot be read are complained about and noted in the result.
ScanResult scan_logs(const std::vector<std::string>& files, std::shared_ptr<const match::RuleSet> rules, const parse::TimeZone& zone);

}  // namespace handshaked::cli
