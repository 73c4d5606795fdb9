#pragma once

#include "diagnose/upstream/upstream_case.h"

namespace handshaked::diagnose {

/// Faults towards an upstream before its certificate is judged: names that do not resolve,
/// connections refused, plain text, versions, ciphers, groups, alerts, client certificates, ALPN,
/// PROXY headers, silence.
Diagnosis diagnose_handshake(UpstreamCase& upstream);

}  // namespace handshaked::diagnose
