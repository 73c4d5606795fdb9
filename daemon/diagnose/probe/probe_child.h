#pragma once

#include "diagnose/probe/child/system_call_filter.h"

namespace handshaked::diagnose {

/// The whole life of the child process: gives up what it does not need (confine_this_process()),
/// then answers requests, one JSON object a line, from the socket at standard input to standard
/// output until the input ends. The requests are listed at the top of probe_child.cpp. One that
/// cannot be confined answers each with that error and does nothing. Returns the exit status.
/// Everything that peers send is parsed here and nowhere else.
int run_probe_child(ChildTask task);

}  // namespace handshaked::diagnose
