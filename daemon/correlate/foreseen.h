#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/optional_time.h"
#include "correlate/diagnosis_note.h"
#include "correlate/incident_key.h"
#include "match/rule.h"

namespace handshaked::correlate {

/// Of an incident that no line tells of.
struct Foreseen {
  OptionalTime at;         ///< when it begins to fail; none: it fails now, or something has changed
  std::uint32_t step = 0;  ///< how near it has come: each step is told
  bool fails = false;      ///< now, though no line tells of it yet
};

/// A fault that no line tells of: it is yet to come, or no request has met it. A value.
struct ForeseenFault {
  std::string rule_id;  ///< "handshaked/will-break"
  std::string key;      ///< with the rule it makes the fingerprint: "2027-01-05 server_cert_expired"
  std::string host;     ///< whose it is
  std::string title, title_zh;
  match::Severity severity = match::Severity::info;
  Place place;
  std::vector<std::string> servers;
  std::optional<Time> at;  ///< see Foreseen
  std::uint32_t step = 0;
  bool fails = false;    ///< see Foreseen
  bool may_open = true;  ///< false: it keeps open what is open already
  std::shared_ptr<const DiagnosisNote> note;
};

}  // namespace handshaked::correlate
