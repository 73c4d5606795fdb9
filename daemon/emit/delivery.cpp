#include "emit/delivery.h"

#include <algorithm>
#include <random>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "telemetry/log.h"

namespace handshaked::emit {

namespace asio = boost::asio;
using asio::awaitable;
using Clock = std::chrono::steady_clock;

namespace {

// With something queued the outbox is asked this often at least: due times are of the wall clock, which may jump.
constexpr std::chrono::minutes kLongestSleep{10};
// No receiver is left alone for longer, also if the clock was set back meanwhile.
constexpr std::chrono::hours kLongestPause{1};

}  // namespace

std::function<double()> system_jitter() {
  return [engine = std::mt19937(std::random_device{}())]() mutable { return std::uniform_real_distribution<double>(0.0, 1.0)(engine); };
}

Delivery::Delivery(asio::any_io_executor executor, std::unique_ptr<Sink> sink, Outbox& outbox, DeliveryOptions options)
    : executor_(std::move(executor)),
      sink_(std::move(sink)),
      outbox_(outbox),
      options_(std::move(options)),
      breaker_(options_.breaker),
      timer_(executor_) {
  options_.concurrency = std::clamp<std::size_t>(options_.concurrency, 1, sink_->useful_concurrency());
  options_.take_limit = std::max<std::size_t>(1, options_.take_limit);
  status_.receiver = sink_->name();
}

Delivery::~Delivery() = default;

awaitable<void> Delivery::run() {
  while (!is_finished()) {
    const Time now = options_.now();
    if (!results_.empty()) co_await record_results();
    if (wants_more(now)) co_await take_due(now);
    start_sends();
    if (!is_finished()) co_await sleep_until_needed();
    enforce_grace();
  }
  sink_->close();
  outbox_.release(status_.receiver);
}

void Delivery::notify() {
  may_have_due_ = true;
  wake();
}

void Delivery::stop(std::chrono::milliseconds grace) {
  grace_end_ = Clock::now() + grace;
  wake();
}

DeliveryStatus Delivery::status() const {
  DeliveryStatus status = status_;
  status.circuit = breaker_.state(options_.now());
  status.under_way = under_way_.size();
  return status;
}

bool Delivery::is_finished() const {
  if (!grace_end_ || !under_way_.empty()) return false;
  // What is known is recorded even after the grace; but an outbox that fails does not hold up the end.
  return results_.empty() || (store_rests_until_ && Clock::now() >= *grace_end_);
}

bool Delivery::is_paused(Time now) const { return paused_until_ && now < *paused_until_ && *paused_until_ - now <= kLongestPause; }

// How many sends may be under way now.
std::size_t Delivery::allowance(Time now) const {
  if (grace_end_ || status_.is_disabled || is_paused(now)) return 0;
  return breaker_.allowance(now, options_.concurrency);
}

bool Delivery::has_room(Time now) const { return allowance(now) > 0 && ready_.size() <= options_.take_limit / 2; }

bool Delivery::wants_more(Time now) const {
  if (!has_room(now)) return false;
  if (store_rests_until_ && Clock::now() < *store_rests_until_) return false;
  return may_have_due_ || (next_due_ && *next_due_ <= now);
}

awaitable<void> Delivery::record_results() {
  if (store_rests_until_ && Clock::now() < *store_rests_until_) co_return;
  // Sends go on and add results while this batch is being written.
  std::vector<AttemptRecord> batch = std::move(results_);
  results_.clear();
  const auto recorded = co_await outbox_.record(batch);
  if (!recorded) {
    results_.insert(results_.begin(), batch.begin(), batch.end());
    note_store_failure(recorded.error());
    co_return;
  }
  store_rests_until_.reset();
  may_have_due_ = true;  // a finished delivery makes way for the next one of its incident; a failed one has a due time
}

awaitable<void> Delivery::take_due(Time now) {
  may_have_due_ = false;
  const std::size_t room = options_.take_limit - ready_.size();
  auto due = co_await outbox_.take_due(status_.receiver, now, room);
  if (!due) {
    may_have_due_ = true;
    note_store_failure(due.error());
    co_return;
  }
  store_rests_until_.reset();
  next_due_ = due.value().next_due;
  // An outbox that says "now" and gives nothing must not make us spin.
  if (due.value().deliveries.empty() && next_due_ && *next_due_ <= now) next_due_ = now + std::chrono::seconds(1);
  for (QueuedDelivery& delivery : due.value().deliveries) ready_.push_back(std::move(delivery));
}

void Delivery::start_sends() {
  const Time now = options_.now();
  while (!ready_.empty() && under_way_.size() < allowance(now)) {
    QueuedDelivery delivery = std::move(ready_.front());
    ready_.pop_front();
    // A receiver that has been down for days is not asked once for every event that is too old by now.
    const bool is_too_old = now - delivery.queued_at >= options_.backoff.give_up_after;
    if (is_too_old && breaker_.state(now) != CircuitBreaker::State::closed) give_up_unsent(delivery, now);
    else start_send(std::move(delivery));
  }
}

void Delivery::give_up_unsent(const QueuedDelivery& delivery, Time now) {
  AttemptRecord record;
  record.id = delivery.id;
  record.fate = AttemptRecord::Fate::dead;
  record.attempted_at = now;
  record.failed_attempts = delivery.failed_attempts;
  record.reason = "not delivered in time; the receiver's last failure: " + status_.last_failure;
  results_.push_back(std::move(record));
  ++status_.dead;
  wake();
}

void Delivery::start_send(QueuedDelivery delivery) {
  const auto sent = under_way_.insert(under_way_.end(), std::move(delivery));
  // `this` and the list outlive the send: run() does not end while one is under way.
  asio::co_spawn(executor_, sink_->send(sent->event), [this, sent](std::exception_ptr failure, DeliveryOutcome outcome) {
    if (failure) std::rethrow_exception(failure);
    finish_send(sent, outcome);
  });
}

void Delivery::finish_send(std::list<QueuedDelivery>::iterator sent, const DeliveryOutcome& outcome) {
  // What we cut off ourselves is no failure of the receiver; it stays in the outbox as it was.
  if (!is_cut_off_ || outcome.kind != DeliveryOutcome::Kind::retry) results_.push_back(judge(*sent, outcome, options_.now()));
  under_way_.erase(sent);
  start_sends();
  wake();
}

// What is to be remembered of this attempt; tells the breaker and the status, too.
AttemptRecord Delivery::judge(const QueuedDelivery& sent, const DeliveryOutcome& outcome, Time now) {
  using Kind = DeliveryOutcome::Kind;
  AttemptRecord record;
  record.id = sent.id;
  record.attempted_at = now;
  record.failed_attempts = sent.failed_attempts;
  record.reason = outcome.reason;
  if (outcome.kind == Kind::delivered) {
    if (breaker_.state(now) != CircuitBreaker::State::closed) telemetry::log_info("receiver \"" + status_.receiver + "\" is back");
    breaker_.record_answer();
    ++status_.delivered;
    status_.last_delivered_at = now;
    record.fate = AttemptRecord::Fate::delivered;
    return record;
  }

  note_failure(outcome, now);
  if (outcome.kind == Kind::gone) {  // due at once when a corrected configuration makes a new delivery
    record.next_attempt_at = now;
    return record;
  }
  ++record.failed_attempts;
  if (outcome.kind == Kind::retry) {
    const auto next =
        next_attempt_time(options_.backoff, now, sent.queued_at, record.failed_attempts, options_.jitter(), outcome.retry_after);
    if (next) {
      record.next_attempt_at = *next;
      return record;
    }
  }
  record.fate = AttemptRecord::Fate::dead;
  ++status_.dead;
  telemetry::log_warning("receiver \"" + status_.receiver + "\": event " + sent.event.event_id +
                         " goes to the dead letters: " + outcome.reason);
  return record;
}

void Delivery::note_failure(const DeliveryOutcome& outcome, Time now) {
  ++status_.failed_attempts;
  status_.last_failed_at = now;
  status_.last_failure = outcome.reason;
  switch (outcome.kind) {
    case DeliveryOutcome::Kind::delivered:
    case DeliveryOutcome::Kind::rejected: breaker_.record_answer(); return;
    case DeliveryOutcome::Kind::gone:
      status_.is_disabled = true;
      telemetry::log_error("receiver \"" + status_.receiver + "\" is disabled until the configuration is reloaded: " + outcome.reason);
      return;
    case DeliveryOutcome::Kind::retry: break;
  }
  const auto before = breaker_.state(now);
  breaker_.record_failure(now, options_.jitter());
  if (before == CircuitBreaker::State::closed && breaker_.state(now) == CircuitBreaker::State::open)
    telemetry::log_warning("receiver \"" + status_.receiver + "\" is down, its events wait: " + outcome.reason);
  if (outcome.retry_after) {
    const Time until = now + std::min<Duration>(*outcome.retry_after, kLongestPause);
    paused_until_ = is_paused(now) ? std::max(*paused_until_, until) : until;
  }
}

void Delivery::note_store_failure(const Error& error) {
  if (!store_rests_until_)  // once for all failures in a row
    telemetry::log_error("receiver \"" + status_.receiver + "\": the outbox fails: " + error.message());
  store_rests_until_ = Clock::now() + options_.store_retry;
}

void Delivery::enforce_grace() {
  if (!grace_end_ || is_cut_off_ || Clock::now() < *grace_end_) return;
  is_cut_off_ = true;
  sink_->close();
}

void Delivery::wake() {
  is_woken_ = true;
  timer_.cancel();
}

awaitable<void> Delivery::sleep_until_needed() {
  if (!is_woken_) {
    timer_.expires_at(wake_time());
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  is_woken_ = false;
}

// When there will be something to do if nobody calls before.
Delivery::SteadyTime Delivery::wake_time() const {
  SteadyTime wake = SteadyTime::max();
  const auto at_latest = [&wake](SteadyTime time) { wake = std::min(wake, time); };
  if (grace_end_ && !is_cut_off_) at_latest(*grace_end_);

  const Time now = options_.now();
  const bool waits_for_store = !results_.empty() || (may_have_due_ && has_room(now));
  if (store_rests_until_ && waits_for_store) at_latest(*store_rests_until_);
  if (grace_end_ || status_.is_disabled) return wake;

  if (!may_have_due_ && ready_.empty() && !next_due_) return wake;  // idle: only notify() can bring work
  Time due = now;
  if (next_due_ && !may_have_due_ && ready_.empty()) due = *next_due_;
  if (is_paused(now)) due = std::max(due, *paused_until_);
  if (breaker_.state(now) == CircuitBreaker::State::open) due = std::max(due, breaker_.rests_until());
  if (due > now) {
    at_latest(Clock::now() + std::min<Clock::duration>(due - now, kLongestSleep));
  } else if (under_way_.empty() && !store_rests_until_) {
    at_latest(Clock::now());
  }
  return wake;
}

}  // namespace handshaked::emit
