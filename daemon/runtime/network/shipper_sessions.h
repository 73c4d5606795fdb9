#pragma once

#include <string>

#include "base/result.h"
#include "config/sources.h"
#include "receive/connection.h"

namespace handshaked::runtime {

/// What speaks the protocol of a configured source. Reads secret files; fails when one cannot be
/// read or is empty.
Result<receive::Session> make_forward_session(const config::ForwardSource& source,
                                              const std::string& host);
Result<receive::Session> make_lumberjack_session(const config::LumberjackSource& source);

}  // namespace handshaked::runtime
