#pragma once

#include <string>

#include "base/language.h"
#include "event/remediation_event.h"

namespace handshaked::event {

enum class SampleKind { opened, resolved, bare };

/// An event of an incident that never was, with everything that an event can hold: a place, a
/// proved fix with its patch, dead ends, hosts, clients; `bare` has only what every event has.
/// Templates are checked against it, and `receivers test` sends it. It says in its texts that it is
/// a test. Events of the same `now` are of one incident; addresses and names are those reserved for
/// documentation (RFC 5737, RFC 2606).
RemediationEvent sample_event(SampleKind kind, Language language, Time now,
                              const std::string& host);

}  // namespace handshaked::event
