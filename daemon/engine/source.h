#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace handshaked::engine {

/// One message. Borrowed from its source, until that is told to acknowledge.
struct Message {
  std::string_view payload;
  std::string_view key;  ///< Kafka: the message's key; NATS: the last word of its subject
};

/// How one source is, for people: a copy may be taken from any thread.
struct Standing {
  bool is_connected = false;
  std::string trouble;     ///< why nothing comes; empty: nothing is wrong
  std::string partitions;  ///< what it reads now: "LINES", "nginx-errors/0 nginx-errors/3"
  std::optional<std::uint64_t>
      waiting;  ///< messages that the engine holds and we have not read; as it said last
  std::uint64_t redelivered = 0;  ///< messages that came again and were known
  std::uint64_t errors = 0;       ///< failures of the engine, or of the way to it
};

/// Messages of an engine (NATS JetStream, Kafka): the one interface of both. Each message has a
/// place in its partition; position() says in a text which places are taken. That text goes into
/// the database in one commit with what the messages said, so a message that the engine gives us
/// twice is known. Which partitions are ours the engine decides; what they gained or lost shows in
/// the next poll.
///
///   poll(); …; commit what was found together with position(); acknowledge();
///
/// Blocks: it belongs to a thread of its own. stop() and standing() may be called from any.
class Source {
 public:
  virtual ~Source() = default;

  /// What there is now, or comes within `patience`; often nothing. Connects, and connects again, by
  /// itself; fails when the engine cannot be used, in words for the operator. What was polled
  /// before stays valid.
  virtual Result<std::vector<Message>> poll(std::chrono::milliseconds patience) = 0;

  /// Where reading goes on when everything that was polled is in the database. Opaque.
  virtual std::string position() const = 0;
  /// Was anything polled, known again or skipped since the last acknowledgement?
  virtual bool has_unacknowledged() const = 0;

  /// Everything that was polled is in the database, and so is position(): the engine need not give
  /// it again. What was polled ends to be valid. A failure costs nothing but a message that comes
  /// again.
  virtual Result<> acknowledge() = 0;

  virtual Standing standing() const = 0;
  /// Ends a poll that is under way, soon; those that come find nothing.
  virtual void stop() = 0;
};

/// What every poll takes at most: a commit each.
inline constexpr std::size_t kMostMessages = 1000;
inline constexpr std::int64_t kMostBytes = std::int64_t{8} << 20;

}  // namespace handshaked::engine
