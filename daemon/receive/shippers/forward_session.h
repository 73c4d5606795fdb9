#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "receive/connection.h"
#include "receive/record/field_names.h"
#include "receive/shippers/forward_decoder.h"
#include "receive/shippers/forward_handshake.h"

namespace handshaked::receive {

struct ForwardOptions {
  ForwardSecrets secrets;
  std::string host;  ///< our name in the handshake
  FieldNames fields;
  ForwardLimits limits;
  std::chrono::milliseconds idle{std::chrono::hours(1)};  ///< between messages
  std::chrono::milliseconds progress{
      std::chrono::seconds(30)};  ///< between pieces of a message, and for the handshake
};

/// Fluentd's Forward protocol: handshake when there is a shared key, messages, acknowledgements of
/// chunks when what was found in them is durable. A chunk that comes again is acknowledged and not
/// counted again. What was found in a chunk that breaks off is forgotten, since its sender sends it
/// again. When the store is full, the connection is closed without acknowledging.
Session forward_session(ForwardOptions options);

}  // namespace handshaked::receive
