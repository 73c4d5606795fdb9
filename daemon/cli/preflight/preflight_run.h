#pragma once

#include "base/result.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/preflight/preflight_hosts.h"
#include "diagnose/preflight/forecast.h"

namespace handshaked::cli {

/// Looks ahead at every configuration, several at a time. Fails with one sentence when one of them cannot be read, or no configuration
/// reads a file of the change. Blocks until the time limit of the options at most; what it did not reach is `cannot tell`.
Result<diagnose::PreflightReport> run_preflight_on(const PreflightHosts& hosts, const PreflightOptions& options,
                                                   const diagnose::PlannedChange& change, const KnowledgeBase& base, Time now);

}  // namespace handshaked::cli
