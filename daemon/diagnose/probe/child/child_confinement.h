#pragma once

#include "base/result.h"
#include "diagnose/probe/child/system_call_filter.h"

namespace handshaked::diagnose {

/// Gives up, for the rest of this process's life, all that its task does not need: descriptors
/// beyond the standard three, root's identity and every capability, new privileges, memory and time
/// without bound, new processes, core dumps and being looked into (ptrace), and every call of the
/// system but a few (system_call_filter.h). Where the kernel has Landlock, files and connections
/// are forbidden by it too, so that either of the two is enough. Fails, and the process must then
/// do nothing, when any of it but Landlock cannot be had.
Result<> confine_this_process(ChildTask task);

/// What nothing that this process executes can ever have. Needs CAP_SETPCAP; without it nothing
/// changes.
void drop_bounding_set();

}  // namespace handshaked::diagnose
