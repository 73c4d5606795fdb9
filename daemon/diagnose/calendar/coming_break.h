#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "diagnose/calendar/calendar_entry.h"
#include "diagnose/calendar/renewal_book.h"
#include "diagnose/diagnosis.h"
#include "diagnose/preflight/forecast.h"
#include "match/rule.h"

namespace handshaked::diagnose {

/// Something of the configuration that works, and fails from a known moment on. A value.
struct ComingBreak {
  Time at{};               ///< the first moment at which it fails
  CalendarEntry ending;    ///< what ends
  bool has_begun = false;  ///< it has ended, and is still in use
  std::string side;        ///< "upstream", "client"
  std::string server;      ///< its first server name; may be empty
  std::string file;        ///< of the directive
  std::uint32_t line = 0;
  std::string directive;
  std::string peer;        ///< "10.0.0.1:443"; of upstreams only
  std::vector<Fix> fixes;  ///< what prevents it, where a preflight has found it
};

/// What ends, and takes down what works. `calendar`: all endings of the files and of what peers
/// were seen to show; `report`: of a preflight with --until, which knows what a chain has to hold.
/// What no place in force reads is left out.
std::vector<ComingBreak> coming_breaks(const std::vector<CalendarEntry>& calendar,
                                       const PreflightReport& report,
                                       const ReadConfiguration& nginx, Time now);

/// All breaks of one day and one cause: one incident.
struct ForeseenBreak {
  std::string key;    ///< "2027-01-05 server_cert_expired"
  std::string cause;  ///< a slug of rules/causes/: what it will be
  Time at{};
  std::uint32_t step = 0;  ///< lead times that were reached, and one more each where it is late,
                           ///< and where it has ended
  bool has_begun = false;
  match::Severity severity = match::Severity::info;
  std::string side, peer;
  std::vector<std::string> servers;
  Diagnosis diagnosis;
};

/// Which of them are to be told of at `now`: those that are nearer than a lead time, and those
/// whose renewal is late. What was renewed twice before and is not late is quiet. `lead_times`: the
/// longest first.
std::vector<ForeseenBreak> foreseen_breaks(const std::vector<ComingBreak>& breaks,
                                           const RenewalBook& renewals,
                                           const std::vector<std::chrono::seconds>& lead_times,
                                           Time now);

}  // namespace handshaked::diagnose
