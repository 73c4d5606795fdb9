#pragma once

namespace handshaked::diagnose {

/// Gives up, for the rest of this process's life, what parsing and one connection do not need: descriptors beyond the standard three,
/// memory and time without bound, new processes, core dumps, new privileges, and (where the kernel has Landlock) writing to or executing
/// any file. Best effort: what the kernel does not offer is left out.
void confine_this_process();

}  // namespace handshaked::diagnose
