#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "control/control_message.h"

namespace handshaked::control {

/// Asks the running daemon. Blocks, at most `timeout`. Fails with not_found when nobody listens at `socket`, permission_denied,
/// timeout, or invalid_input when what answers is no handshaked; a refusal of the daemon's is an answer.
Result<ControlAnswer> ask_daemon(const std::string& socket, const ControlRequest& request,
                                 std::chrono::milliseconds timeout = std::chrono::seconds(15));

}  // namespace handshaked::control
