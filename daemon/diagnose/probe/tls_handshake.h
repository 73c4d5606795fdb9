#pragma once

#include "diagnose/probe/probe_json.h"
#include "diagnose/probe/probe_socket.h"
#include "diagnose/tls/tls_probe.h"

namespace handshaked::diagnose {

/// The handshake itself, over a connection that is there: shakes hands as nginx would, watches
/// every message, and leaves. Never fails: the result says how it ended. Runs in the child process;
/// blocks until request.timeout at the most.
ProbeResult make_handshake(ProbeSocket socket, const ProbeRequest& request, const ClientKey& key);

}  // namespace handshaked::diagnose
