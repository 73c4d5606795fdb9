#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/clock.h"

namespace handshaked::emit {

/// One remediation event in the forms that receivers ask for. Rendered once, when it is put into the outbox, so that
/// every attempt sends the same bytes under the same id.
struct OutgoingEvent {
  std::string event_id;                                   ///< stable over attempts and restarts; receivers deduplicate by it
  std::string event_type;                                 ///< "io.handshaked.incident.opened"
  std::string incident_id;                                ///< the CloudEvents subject
  std::string severity;                                   ///< "critical", "warning", "info"
  Time time;                                              ///< when it happened, not when it is sent
  std::string body;                                       ///< CloudEvents 1.0 in JSON, structured mode
  std::string summary;                                    ///< one line for people
  std::vector<std::pair<std::string, std::string>> data;  ///< the facts as names and values, most important first
};

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
  /// Why, for people and for the dead-letter list; empty when delivered. No secret, no path or query of a URL.
  std::string reason;
};

/// One place to which events are sent. Used from the loop thread only; keeps its connections between sends.
class Sink {
 public:
  virtual ~Sink() = default;

  /// The receiver's name in the configuration.
  virtual std::string_view name() const = 0;

  /// Sends one event; ends within the sink's own time limits whatever the receiver does. Both the sink and `event` must
  /// outlive the returned coroutine.
  virtual boost::asio::awaitable<DeliveryOutcome> send(const OutgoingEvent& event) = 0;

  /// Ends the sends under way (they report `retry`), closes every connection and refuses further sends.
  virtual void close() = 0;

  /// How many sends at once make sense; 1 where all of them share one connection.
  virtual std::size_t useful_concurrency() const = 0;
};

}  // namespace handshaked::emit
