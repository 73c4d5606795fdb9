#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "base/language.h"
#include "cli/document/document.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/log/scan_result.h"

namespace handshaked::cli {

struct ScanReportOptions {
  Language language = Language::en;
  std::size_t top = 50;       ///< incidents listed; the rest is counted
  std::size_t detailed = 50;  ///< of these, the gravest so many are told in full
};

/// Writes the report that people read: what was looked at, each incident with what to do about it,
/// then noise and what is not trusted. Fit to be pasted into a ticket: query strings are cut and
/// client addresses masked.
void write_scan_report(Document& page, const ScanResult& result, const KnowledgeBase& base,
                       const ScanReportOptions& options);

/// `scan --format json`: {"incidents":[event data, at most `top`],"summary":{…}} and a line feed,
/// into `out`. Of many faults that is much: `pass_on` may empty `out` behind each of them, and says
/// with false that nobody reads any more.
void write_scan_json(std::string& out, const ScanResult& result, const KnowledgeBase& base,
                     Language language, std::size_t top, const std::function<bool()>& pass_on);

}  // namespace handshaked::cli
