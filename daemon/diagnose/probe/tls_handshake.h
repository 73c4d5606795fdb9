#pragma once

#include "diagnose/tls/tls_probe.h"

namespace handshaked::diagnose {

/// The handshake itself: connects, shakes hands as nginx would, watches every message, and leaves. Never fails: the result says how it
/// ended. Runs in the child process; blocks until request.timeout at the most. Refuses (local_error) an address that is never probed,
/// whoever asks.
ProbeResult make_handshake(const PeerAddress& address, const ProbeRequest& request);

}  // namespace handshaked::diagnose
