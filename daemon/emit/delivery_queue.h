#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "emit/circuit_breaker.h"
#include "emit/notifier.h"

namespace handshaked::emit {

/// So many deliveries are held in memory for one receiver, beside those under way.
inline constexpr std::size_t kMostHeld = 128;

using event::DeliveryId;

struct QueuedDelivery {
  DeliveryId id;
  event::RemediationEvent event;
  Time queued_at;
  unsigned failed_attempts = 0;
};

struct DueDeliveries {
  /// Oldest first. Of one incident at most the oldest unfinished delivery.
  std::vector<QueuedDelivery> deliveries;
  /// When the next delivery that was not handed out is due, if there is any; in the past when
  /// `limit` cut the answer. Deliveries that wait for an earlier one of their incident do not
  /// count.
  std::optional<Time> next_due;
};

/// What is to be remembered of one attempt.
struct AttemptRecord {
  enum class Fate {
    delivered,  ///< finished
    waiting,    ///< due again at `next_attempt_at`
    dead,       ///< given up: into the dead-letter list
  };
  DeliveryId id;
  Fate fate = Fate::waiting;
  Time attempted_at;
  Time next_attempt_at;          ///< meaningful for `waiting` only
  unsigned failed_attempts = 0;  ///< in all, this one included
  std::string reason;            ///< empty when delivered
  std::string copy_to;           ///< not empty: this receiver shall have the event too (once)
};

/// Why a receiver is left alone. Outlives the worker: a restart or a reload does not begin to
/// hammer a receiver that is down.
struct ReceiverRest {
  CircuitBreaker::Rest circuit;
  Time paused_until{};  ///< it asked for it; in the past: no pause
  std::string reason;   ///< of the last failure
  bool is_any() const { return circuit.length.count() != 0 || paused_until != Time{}; }
  bool operator==(const ReceiverRest&) const = default;
};

/// The durable queue between correlation and the receivers, as delivery sees it; the store
/// implements it. Called from the loop thread, one call at a time for each receiver.
///
/// What was handed out is held: it is not handed out again until `record` tells its fate or
/// `release` is called. Holding is kept in memory only, so what was under way at a crash is due
/// again after it: delivery is at least once.
class DeliveryQueue {
 public:
  virtual ~DeliveryQueue() = default;

  virtual boost::asio::awaitable<Result<DueDeliveries>> take_due(std::string receiver, Time now,
                                                                 std::size_t limit) = 0;
  /// All or nothing; durable when it returns. True when a delivery that waited for one of these is
  /// due now.
  virtual boost::asio::awaitable<Result<bool>> record(std::vector<AttemptRecord> attempts) = 0;

  /// Queues for `to` what has waited for `receiver` since `queued_before` or longer, each event
  /// once. How many were new.
  virtual boost::asio::awaitable<Result<std::size_t>> copy_waiting(std::string receiver,
                                                                   std::string to,
                                                                   Time queued_before) = 0;

  /// All that waits for another attempt for `receiver` is due now. How many.
  virtual boost::asio::awaitable<Result<std::size_t>> make_due(std::string receiver, Time now) = 0;

  /// What was kept of it last; nothing: an empty one. `whom`: the receiver as configured, in a few
  /// letters; what was kept of another of the same name does not count.
  virtual boost::asio::awaitable<Result<ReceiverRest>> find_rest(std::string receiver,
                                                                 std::string whom) = 0;
  virtual boost::asio::awaitable<Result<>> keep_rest(std::string receiver, std::string whom,
                                                     ReceiverRest rest) = 0;

  /// Holds what somebody else has read from the outbox for `receiver`, as `take_due` does; false if
  /// it is held already.
  virtual bool hold(const std::string& receiver, DeliveryId id) = 0;

  /// Everything held for `receiver` may be handed out again.
  virtual void release(const std::string& receiver) = 0;
};

}  // namespace handshaked::emit
