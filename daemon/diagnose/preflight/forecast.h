#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "diagnose/diagnosis.h"

namespace handshaked::diagnose {

/// What becomes of one place with the change. The worst stands last.
enum class Outlook : std::uint8_t {
  unaffected,      ///< nothing of the change reaches it
  works,           ///< it works now, and it will
  cured,           ///< it fails now, and it will work
  weakens,         ///< it works, with less protection or less of what it offers today
  broken_already,  ///< it fails now, and goes on failing: not the change's doing
  cannot_tell,     ///< `missing` says what is lacking
  breaks,          ///< it will fail
};
std::string_view to_string(Outlook outlook);  ///< "still_works", "breaks", …

/// When a fix that prevents a break can be made.
enum class Rollout : std::uint8_t {
  first,     ///< before the change: it works with what is there today, and with what comes
  together,  ///< with the change: today it would break something, or that is not known
  elsewhere  ///< somebody else has to act before the change
};
std::string_view to_string(Rollout rollout);

struct Prevention {
  Fix fix;
  Rollout rollout = Rollout::together;
};

/// One place of one configuration, and what becomes of it. A value.
struct Forecast {
  std::string host;  ///< whose configuration; empty: the one at hand
  std::string side;  ///< "upstream", "client"
  std::string file;  ///< as nginx names it; `line` counts from 1
  std::uint32_t line = 0;
  std::string directive;  ///< "proxy_pass", "ssl_certificate"
  std::string server;     ///< its first server name
  std::string target;     ///< "https://10.0.0.1:443"; of a listener its address
  Outlook outlook = Outlook::unaffected;
  std::optional<Time> at;      ///< when, if the calendar decides
  std::string cause;           ///< a slug of rules/causes/
  Text reason;                 ///< why: one sentence
  Text now, then;              ///< the verdicts before and after
  std::string would_log;       ///< what nginx will log; empty: nothing, or that is not known
  Text missing;                ///< of cannot_tell
  std::vector<Text> weakened;  ///< what gets weaker
  std::vector<Prevention> preventions;  ///< in the order in which to roll them out
  std::string ran_under;  ///< "OpenSSL 3.0.22 …, security level 2"; empty: nothing was repeated
};

/// Everything that a preflight found. A value.
struct PreflightReport {
  std::vector<Forecast> places;  ///< the worst first; what nothing reaches is only counted
  std::size_t unaffected = 0;
  std::size_t configurations = 0;
  std::vector<std::string> missing_files;  ///< what the configurations name and is not here
  std::vector<std::string> remarks;        ///< what could not be looked at, for people
  std::vector<std::string> probes;         ///< every probe that was made, one line each

  bool has(Outlook outlook) const;
  std::size_t count(Outlook outlook) const;
};

}  // namespace handshaked::diagnose
