#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/nats/nats_options.h"
#include "engine/publisher.h"

namespace handshaked::engine {

/// Puts messages into a stream of JetStream, each once: one that is published again with its id is
/// known to the stream, for as long as its duplicate window lasts. Keys say nothing here: a subject
/// has one order.
class NatsPublisher final : public Publisher {
 public:
  /// `subjects`: of each partition; one where nothing is divided. `stream` empty: whichever takes
  /// them.
  NatsPublisher(NatsOptions options, std::vector<std::string> subjects, std::string stream);
  ~NatsPublisher() override;

  Result<> publish(const Publication& publication) override;
  void close() override;

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

/// Connects, and asks whether a stream takes each of the subjects. Fails with what an operator has
/// to put right.
Result<> try_nats_publisher(const NatsOptions& options, const std::vector<std::string>& subjects,
                            const std::string& stream);

/// Empty; or why this program cannot speak to NATS at all.
std::string why_no_nats();

}  // namespace handshaked::engine
