#pragma once

#include <cstddef>
#include <string>

#include "base/language.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/log/scan_result.h"

namespace handshaked::cli {

/// `scan --format json`: {"incidents":[event data, at most `top`],"summary":{…}} and a line feed.
std::string scan_json(const ScanResult& result, const KnowledgeBase& base, Language language, std::size_t top);

}  // namespace handshaked::cli
