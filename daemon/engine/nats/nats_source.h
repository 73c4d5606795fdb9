#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "engine/nats/nats_options.h"
#include "engine/source.h"

namespace handshaked::engine {

struct NatsSourceOptions {
  NatsOptions connection;
  std::string stream;
  std::string subject;  ///< of the stream's messages only these: "nginx.errors.>"; empty: all
  std::string consumer = "handshaked";  ///< the durable consumer, made where it is missing
  bool from_start =
      false;  ///< a consumer that is made begins at the stream's beginning, not at its end
  /// As the database has it; nothing: never read.
  std::optional<std::string> position;
};

/// The messages of one durable pull consumer of JetStream, acknowledged one by one. Its position is
/// the sequence numbers that are taken (taken_sequences.h), with the time at which the stream was
/// made: numbers of another stream of that name say nothing.
///
/// A consumer belongs to one database. Two daemons may share one, and each line reaches one of
/// them, but what one of them had committed when it died, before it could acknowledge, the other
/// counts again.
std::unique_ptr<Source> make_nats_source(NatsSourceOptions options);

/// Connects, and looks at stream and consumer as the daemon would, changing nothing. Fails with
/// what an operator has to put right.
Result<> try_nats_source(const NatsSourceOptions& options);

}  // namespace handshaked::engine
