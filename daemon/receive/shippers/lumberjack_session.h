#pragma once

#include <chrono>

#include "receive/connection.h"
#include "receive/record/field_names.h"
#include "receive/shippers/lumberjack_decoder.h"

namespace handshaked::receive {

struct LumberjackOptions {
  FieldNames fields;
  LumberjackLimits limits;
  std::chrono::milliseconds idle{std::chrono::hours(1)};         ///< between events
  std::chrono::milliseconds progress{std::chrono::seconds(30)};  ///< between pieces of a frame
};

/// The Lumberjack protocol, versions 1 and 2. Each window is acknowledged when what was found in it
/// is durable, and so is the part of a window that has arrived, so that a sender that has to begin
/// again repeats little. When the store is full, the connection is closed without acknowledging.
Session lumberjack_session(LumberjackOptions options);

}  // namespace handshaked::receive
