#pragma once

#include "base/clock.h"
#include "correlate/incident.h"

namespace handshaked::correlate {

/// How bad is it, seen at `now`? Starts from the rule's severity and only ever raises it:
///   critical  every peer of the place fails its probe, or a critical consequence (no live
///   upstreams) has joined warning   a client-side fault that many different clients have: it is
///   then ours, not theirs; noise that is anomalous
/// One client that fails ten thousand times stays what its rule says. `rule_severity` is that of
/// the rule.
match::Severity severity_of(const Incident& incident, match::Severity rule_severity, Time now);

/// A shape before the word, for those who see no colours: "◆", "▲", "○".
std::string_view severity_mark(match::Severity severity);
/// "critical", "warning"; anything else is info.
match::Severity severity_named(std::string_view word);

}  // namespace handshaked::correlate
