#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/nats_options.h"

namespace handshaked::engine {

/// Puts messages into a stream of JetStream, each once: one that is published again with its id is
/// known to the stream, for as long as its duplicate window lasts. Blocks: publish() belongs to one
/// thread; close() may be called from any.
class NatsPublisher {
 public:
  /// `stream` empty: whichever takes the subject.
  NatsPublisher(NatsOptions options, std::string subject, std::string stream);
  ~NatsPublisher();

  /// Returns when the stream has it, on as many nodes as it is configured for; connects first where
  /// it has to. `id` empty: nobody publishes it again. Fails with limit_exceeded or invalid_input
  /// for a message that will never be taken; anything else may pass.
  Result<> publish(std::string_view id, std::string_view content_type, std::string_view body);
  /// The publish under way fails soon, and those that come do at once.
  void close();

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

/// Connects, and asks whether a stream takes the subject. Fails with what an operator has to put
/// right.
Result<> try_nats_publisher(const NatsOptions& options, const std::string& subject,
                            const std::string& stream);

/// Empty; or why this program cannot speak to NATS at all.
std::string why_no_nats();

}  // namespace handshaked::engine
