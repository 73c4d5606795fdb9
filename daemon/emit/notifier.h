#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "event/remediation_event.h"

namespace handshaked::emit {

/// What became of one attempt to send one event.
struct DeliveryOutcome {
  enum class Kind {
    delivered,  ///< the receiver has it
    retry,      ///< not now: try the same event again later
    rejected,   ///< never: the receiver refuses this event, repeating it is useless
    gone,       ///< never: the receiver wants nothing more from us
  };
  Kind kind = Kind::retry;
  /// How long the receiver asked to be left alone; already capped.
  std::optional<std::chrono::seconds> retry_after;
  /// Why, for people and for the dead-letter list; empty when delivered. No secret, no path or
  /// query of a URL.
  std::string reason;
};

/// One place to which events are sent. Used from the loop thread only; keeps its connections
/// between sends.
class Notifier {
 public:
  virtual ~Notifier() = default;

  /// The receiver's name in the configuration.
  virtual std::string_view name() const = 0;

  /// Sends one event; ends within the notifier's own time limits whatever the receiver does. Both
  /// the notifier and `event` must outlive the returned coroutine.
  virtual boost::asio::awaitable<DeliveryOutcome> send(const event::RemediationEvent& event) = 0;

  /// Receivers that forget: how often they have to be reminded of what is open. 0: never.
  virtual std::chrono::milliseconds refresh_interval() const {
    return std::chrono::milliseconds(0);
  }
  /// Reminds the receiver; nothing if there was nothing to remind it of. Not called twice at once.
  virtual boost::asio::awaitable<std::optional<DeliveryOutcome>> refresh() {
    co_return std::nullopt;
  }
  /// At start, for such receivers: the newest event that was delivered of every incident that is
  /// open.
  virtual void restore(const std::vector<event::RemediationEvent>& /*delivered_and_open*/) {}

  /// Ends the sends under way (they report `retry`), closes every connection and refuses further
  /// sends.
  virtual void close() = 0;

  /// How many sends at once make sense; 1 where all of them share one connection.
  virtual std::size_t useful_concurrency() const = 0;
};

}  // namespace handshaked::emit
