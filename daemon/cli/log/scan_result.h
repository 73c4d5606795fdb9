#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/log/fault_rates.h"
#include "correlate/incident.h"
#include "parse/time_zone.h"

namespace handshaked::cli {

/// What became of one log.
struct ScannedLog {
  std::string name;
  std::uint64_t bytes = 0;  ///< unpacked
  std::uint64_t lines = 0;
  std::uint64_t matched = 0;
  std::optional<parse::ZonedTime> first_time, last_time;
  bool looks_like_nginx = true;
  std::string error;  ///< why it could not be read to its end; empty: it was
};

/// What `scan` found, before anybody has put it into words. A value.
struct ScanResult {
  std::vector<ScannedLog> logs;
  std::vector<correlate::Incident> incidents;  ///< by severity, then first seen; noise included
  FaultRates rates;                            ///< of their lines
  std::uint64_t matched = 0;
  std::uint64_t untrusted =
      0;  ///< recognised, but perhaps forged or without a header: in no incident
  std::vector<std::pair<std::string, std::uint64_t>>
      untrusted_rules;             ///< their rules, most lines first
  std::uint64_t forged = 0;        ///< text of strangers that looked like a line
  std::uint64_t overflow = 0;      ///< lines of incidents beyond the limit
  std::uint64_t overlong = 0;      ///< lines beyond the length that is read
  std::chrono::seconds offset{0};  ///< from UTC, as the logs have it: for showing times

  std::uint64_t lines() const {
    std::uint64_t sum = 0;
    for (const ScannedLog& log : logs) sum += log.lines;
    return sum;
  }
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const ScannedLog& log : logs) sum += log.bytes;
    return sum;
  }
  /// The last moment that a log tells of: what "now" is for those who read it.
  std::optional<Time> ended_at() const {
    std::optional<Time> last;
    for (const ScannedLog& log : logs)
      if (log.last_time && (!last || *last < log.last_time->utc)) last = log.last_time->utc;
    return last;
  }
  /// Incidents of this severity that are no noise.
  std::uint64_t count_of(match::Severity severity) const {
    std::uint64_t sum = 0;
    for (const correlate::Incident& incident : incidents)
      sum += !incident.noise && incident.severity == severity ? 1 : 0;
    return sum;
  }
};

}  // namespace handshaked::cli
