#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "control/control_message.h"

namespace handshaked::control {

/// Who has connected to the Unix socket `descriptor`, from the kernel (unix(7): SO_PEERCRED).
Result<Peer> peer_of(int descriptor);

/// root, this process's own user, and members of `group` (empty: nobody else) may. Membership is
/// what the peer's process has (SO_PEERGROUPS), not what /etc/group says by now.
bool may_control(int descriptor, const Peer& peer, const std::string& group);

/// The same for a user of whom only the number is known (a TCP client of this host). Membership is
/// what the user database says now. Asks it, so it may block.
bool is_operator(uid_t user, const std::string& group);

}  // namespace handshaked::control
