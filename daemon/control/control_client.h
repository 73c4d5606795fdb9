#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "base/result.h"
#include "control/control_message.h"

namespace handshaked::control {

/// May what listens at `socket` as `user` be the daemon? Root and we ourselves always; another user
/// only where nobody but root, we and that user can put a socket, as in the directory that systemd
/// makes for the service. permission_denied.
Result<> check_listener(const std::string& socket, uid_t user);

/// Asks the running daemon, if check_listener() takes it for that. Blocks, at most `timeout`. Fails
/// with not_found when nobody listens at `socket`, permission_denied, timeout, or invalid_input
/// when what answers is no handshaked; a refusal of the daemon's is an answer.
Result<ControlAnswer> ask_daemon(const std::string& socket, const ControlRequest& request,
                                 std::chrono::milliseconds timeout = std::chrono::seconds(15));

}  // namespace handshaked::control
