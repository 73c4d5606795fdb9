// What a receiver's answer means: for the deliveries of the message, and for those that wait.
#include <algorithm>

#include "emit/delivery_worker.h"
#include "telemetry/log.h"

namespace handshaked::emit {

using Clock = std::chrono::steady_clock;

namespace {

// No receiver is left alone for longer, also if the clock was set back meanwhile.
constexpr std::chrono::hours kLongestPause{1};

}  // namespace

bool DeliveryWorker::is_paused(Time now) const {
  return paused_until_ && now < *paused_until_ && *paused_until_ - now <= kLongestPause;
}

void DeliveryWorker::finish_send(std::list<Send>::iterator sent, const DeliveryOutcome& outcome) {
  // What we cut off ourselves is no failure of the receiver; it stays in the outbox as it was.
  if (!is_cut_off_ || outcome.kind != DeliveryOutcome::Kind::retry) {
    const Time now = options_.now();
    note_outcome(outcome, sent->parts.size(), now);
    for (const QueuedDelivery& part : sent->parts) add_result(record_of(part, outcome, now));
  }
  under_way_.erase(sent);
  start_sends();
  wake();
}

/// It is there: after an outage nothing waits any longer.
void DeliveryWorker::note_answer(Time now) {
  if (breaker_.state(now) != CircuitBreaker::State::closed) {
    telemetry::log_info("receiver \"" + status_.receiver + "\" is back",
                        {.id = telemetry::message_id::receiver_back, .receiver = status_.receiver});
    is_all_due_ = true;
  }
  breaker_.record_answer();
  if (!is_paused(now)) paused_until_.reset();
}

// Tells the breaker and the status, once for a message.
void DeliveryWorker::note_outcome(const DeliveryOutcome& outcome, std::size_t parts, Time now) {
  if (outcome.kind != DeliveryOutcome::Kind::delivered) {
    note_failure(outcome, now);
    return;
  }
  note_answer(now);
  status_.delivered += parts;
  status_.last_delivered_at = now;
}

// What is to be remembered of this attempt.
AttemptRecord DeliveryWorker::record_of(const QueuedDelivery& sent, const DeliveryOutcome& outcome,
                                        Time now) {
  using Kind = DeliveryOutcome::Kind;
  AttemptRecord record;
  record.id = sent.id;
  record.attempted_at = now;
  record.failed_attempts = sent.failed_attempts;
  record.reason = outcome.reason;
  if (outcome.kind == Kind::delivered) {
    record.fate = AttemptRecord::Fate::delivered;
    return record;
  }
  if (outcome.kind ==
      Kind::gone) {  // due at once when a corrected configuration makes a new delivery
    record.next_attempt_at = now;
    record.copy_to = options_.fallback;
    return record;
  }
  ++record.failed_attempts;
  if (outcome.kind == Kind::retry) {
    const auto next =
        next_attempt_time(options_.backoff, now, sent.queued_at, record.failed_attempts,
                          options_.jitter(), outcome.retry_after);
    if (next) {
      // While the circuit is open the circuit says how often the receiver is asked: there must be
      // something to ask with.
      const bool is_open = breaker_.state(now) == CircuitBreaker::State::open;
      const Time asked_for = now + outcome.retry_after.value_or(std::chrono::seconds(0));
      record.next_attempt_at =
          is_open ? std::min(*next, std::max(breaker_.rests_until(), asked_for)) : *next;
      if (now - sent.queued_at >= options_.fallback_after) record.copy_to = options_.fallback;
      return record;
    }
  }
  record.fate = AttemptRecord::Fate::dead;
  record.copy_to = options_.fallback;
  ++status_.dead;
  telemetry::log_warning("receiver \"" + status_.receiver + "\": event " + sent.event.event_id +
                             " goes to the dead letters: " + outcome.reason,
                         {.id = telemetry::message_id::dead_letter,
                          .incident = sent.event.incident_id,
                          .receiver = status_.receiver});
  return record;
}

void DeliveryWorker::note_failure(const DeliveryOutcome& outcome, Time now) {
  if (!options_.fallback.empty() && !next_copy_) next_copy_ = Clock::now();
  ++status_.failed_attempts;
  status_.last_failed_at = now;
  status_.last_failure = outcome.reason;
  switch (outcome.kind) {
    case DeliveryOutcome::Kind::delivered:
    case DeliveryOutcome::Kind::rejected: note_answer(now); return;
    case DeliveryOutcome::Kind::gone:
      status_.is_disabled = true;
      telemetry::log_error(
          "receiver \"" + status_.receiver +
              "\" is disabled until the configuration is reloaded: " + outcome.reason,
          {.id = telemetry::message_id::receiver_disabled, .receiver = status_.receiver});
      return;
    case DeliveryOutcome::Kind::retry: break;
  }
  const auto before = breaker_.state(now);
  breaker_.record_failure(now, options_.jitter());
  if (before == CircuitBreaker::State::closed && breaker_.state(now) == CircuitBreaker::State::open)
    telemetry::log_warning(
        "receiver \"" + status_.receiver + "\" is down, its events wait: " + outcome.reason,
        {.id = telemetry::message_id::receiver_down, .receiver = status_.receiver});
  if (outcome.retry_after) {
    const Time until = now + std::min<Duration>(*outcome.retry_after, kLongestPause);
    paused_until_ = is_paused(now) ? std::max(*paused_until_, until) : until;
  }
}

}  // namespace handshaked::emit
