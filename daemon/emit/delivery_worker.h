#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "emit/circuit_breaker.h"
#include "emit/delivery_queue.h"
#include "emit/notifier.h"
#include "emit/pacing.h"

namespace handshaked::emit {

/// A source of numbers spread evenly over [0, 1), seeded by the system.
std::function<double()> system_jitter();

struct DeliveryWorkerOptions {
  std::size_t concurrency = 8;          ///< sends at once; the notifier may want fewer
  std::size_t take_limit = kMostHeld;   ///< deliveries held in memory beside those under way
  std::size_t messages_per_minute = 0;  ///< 0: no limit
  /// Tells many events as one when there are more than the limit lets through; empty: they wait.
  std::function<event::RemediationEvent(std::span<const event::RemediationEvent* const>, Time)>
      make_digest;
  std::string fallback;  ///< receiver that gets what this one does not; empty: none
  std::chrono::milliseconds fallback_after{300'000};
  std::function<void()> on_copied;  ///< the fallback has something new
  std::string whom;  ///< what tells this receiver from an earlier one of its name; not secret
  BackoffPolicy backoff;
  CircuitBreakerPolicy breaker;
  std::chrono::milliseconds store_retry{5'000};  ///< after the outbox failed
  std::function<Time()> now = wall_clock_now;
  std::function<double()> jitter = system_jitter();
};

struct DeliveryWorkerStatus {
  std::string receiver;
  bool is_disabled = false;  ///< it answered "gone"
  CircuitBreaker::State circuit = CircuitBreaker::State::closed;
  std::size_t under_way = 0;
  std::uint64_t delivered = 0;
  std::uint64_t failed_attempts = 0;
  std::uint64_t dead = 0;
  std::optional<Time> last_delivered_at;
  std::optional<Time> last_failed_at;
  std::string last_failure;
};

/// Moves the events of one receiver from the outbox to its notifier. Pulls what is due, a bounded
/// number at once; records what became of each; retries with backoff, gives up after days; rests
/// while the receiver is down; stops for good when it is gone. The first success after an outage
/// makes all due that waits. Sleeps until the next delivery is due or it is told of one, and does
/// nothing while nothing is queued.
///
/// What was just committed is handed over by `offer()`, without reading it back; what it has no
/// room for is read later. More than the rate limit lets through becomes one digest. What the
/// receiver does not take for long, or refuses, goes to the fallback too.
///
/// Nothing is lost: an event leaves the outbox only when the notifier has it or refuses it, and
/// that is on disk. An event may be sent twice: when the process dies, or the outbox fails, between
/// the send and the record. Loop thread only.
class DeliveryWorker {
 public:
  /// `outbox` must outlive it.
  DeliveryWorker(boost::asio::any_io_executor executor, std::unique_ptr<Notifier> notifier,
                 DeliveryQueue& outbox, DeliveryWorkerOptions options);
  ~DeliveryWorker();

  /// The life of this delivery: ends some time after `stop()`. To be spawned once, and joined
  /// before destruction.
  boost::asio::awaitable<void> run();

  /// New rows for this receiver were committed (or the clock of a test moved).
  void notify();

  /// The receiver is there again, somebody says: an end to pauses and rests, and all that waits is
  /// due.
  void try_now();

  /// Rows for this receiver that were committed just now and are due. Takes those for which there
  /// is room.
  void offer(std::vector<QueuedDelivery> deliveries);

  /// Starts no further send, lets those under way finish for `grace`, then cuts them off; records
  /// what is known.
  void stop(std::chrono::milliseconds grace);

  DeliveryWorkerStatus status() const;
  const std::string& receiver() const { return status_.receiver; }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  /// One message under way: one delivery, or the many of a digest.
  struct Send {
    std::vector<QueuedDelivery> parts;
    event::RemediationEvent digest;  ///< meaningful for more than one part
    const event::RemediationEvent& event() const {
      return parts.size() == 1 ? parts.front().event : digest;
    }
  };

  bool is_finished() const;
  bool is_paused(Time now) const;
  std::size_t allowance(Time now) const;
  bool has_room(Time now) const;
  bool should_record() const;
  bool store_is_resting() const;
  bool wants_more(Time now) const;
  boost::asio::awaitable<void> record_results();
  boost::asio::awaitable<void> take_due(Time now);
  boost::asio::awaitable<void> copy_to_fallback(Time now);
  boost::asio::awaitable<void> take_up_rest();
  boost::asio::awaitable<void> keep_rest();
  boost::asio::awaitable<void> make_all_due(Time now);
  ReceiverRest rest_now() const;
  void start_sends();
  void start_send(std::vector<QueuedDelivery> parts, Time now);
  void give_up_unsent(const QueuedDelivery& delivery, Time now);
  void finish_send(std::list<Send>::iterator sent, const DeliveryOutcome& outcome);
  void note_outcome(const DeliveryOutcome& outcome, std::size_t parts, Time now);
  void add_result(AttemptRecord record);
  AttemptRecord record_of(const QueuedDelivery& sent, const DeliveryOutcome& outcome, Time now);
  void note_answer(Time now);
  void note_failure(const DeliveryOutcome& outcome, Time now);
  void note_store_failure(const Error& error);
  void start_refresh();
  void enforce_grace();
  void wake();
  boost::asio::awaitable<void> sleep_until_needed();
  SteadyTime wake_time() const;
  Time next_send_at(Time now) const;

  boost::asio::any_io_executor executor_;
  std::unique_ptr<Notifier> notifier_;
  DeliveryQueue& outbox_;
  DeliveryWorkerOptions options_;
  CircuitBreaker breaker_;
  RateLimit rate_;
  std::deque<QueuedDelivery> ready_;    // held, not started
  std::list<Send> under_way_;           // a list: sends refer to their event
  std::vector<AttemptRecord> results_;  // not recorded yet
  SteadyTime record_at_{};              // the latest for these; meaningful while there are any
  bool may_have_due_ = true;            // the outbox should be asked, whatever next_due_ says
  std::optional<Time> next_due_;
  std::optional<Time> paused_until_;  // the receiver asked for it
  bool knows_rest_ = false;           // nothing is sent before
  ReceiverRest kept_rest_;            // as the outbox has it
  bool is_all_due_ = false;  // the receiver is back: nothing waits for its next attempt any longer
  std::optional<SteadyTime> store_rests_until_;
  std::optional<SteadyTime>
      next_copy_;  // when what waits is looked at for the fallback; set while in trouble
  std::optional<SteadyTime> next_refresh_;  // set if the notifier has to be refreshed
  bool is_refreshing_ = false;
  std::optional<SteadyTime> grace_end_;  // set: stopping
  bool is_cut_off_ = false;
  bool is_woken_ = false;
  boost::asio::steady_timer timer_;
  DeliveryWorkerStatus status_;
};

}  // namespace handshaked::emit
