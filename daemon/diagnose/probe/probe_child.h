#pragma once

namespace handshaked::diagnose {

/// The first argument that makes this binary the child process: `handshaked probe-child`. main() looks for it before anything else.
inline constexpr const char* kProbeChildVerb = "probe-child";

/// The whole life of the child process: gives up what it does not need (memory, time, files, new privileges, writing anywhere), then
/// answers requests, one JSON object a line, from standard input to standard output until the input ends. The requests are listed
/// at the top of probe_child.cpp. Returns the exit status. Everything that peers send is parsed here and nowhere else.
int run_probe_child();

}  // namespace handshaked::diagnose
