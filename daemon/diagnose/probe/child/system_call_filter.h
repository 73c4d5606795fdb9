#pragma once

#include "base/result.h"

namespace handshaked::diagnose {

/// What the child process is for. Each takes only the calls of the system that it needs.
enum class ChildTask {
  judge,  ///< parses, verifies, and speaks over the one connection that it is handed: opens no file
          ///< and no socket
  resolve  ///< looks names up, as the C library does: reads what its user may, as root what
           ///< everybody may, and asks over sockets
};

/// From now on this process, and whatever it could become, can ask the kernel for nothing else:
/// everything else fails with EPERM, calls of another architecture end it. Needs
/// PR_SET_NO_NEW_PRIVS. Fails where the kernel has no such filters, or we have none for the
/// processor.
Result<> allow_system_calls_of(ChildTask task);

}  // namespace handshaked::diagnose
