#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace handshaked::engine {

/// A message for an engine. All of it is borrowed for the call.
struct Publication {
  std::string_view id;   ///< of what may be published again; empty: nobody does
  std::string_view key;  ///< messages of one key stay in order, where an engine splits them
  std::string_view content_type;
  std::string_view body;
  std::int32_t partition = -1;  ///< where it goes to, whatever its key; -1: the key says
};

/// Puts messages into a stream of NATS JetStream or a topic of Kafka. Blocks: publish() belongs to
/// one thread; close() may be called from any.
class Publisher {
 public:
  virtual ~Publisher() = default;

  /// Returns when the engine has it, on as many nodes as it is configured for; connects first where
  /// it has to. Fails with limit_exceeded for a message that is too large for the engine and always
  /// will be; anything else may pass.
  virtual Result<> publish(const Publication& message) = 0;
  /// The publish under way fails soon, and those that come do at once.
  virtual void close() = 0;
};

}  // namespace handshaked::engine
