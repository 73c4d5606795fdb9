// What is sent when, and recorded when; what an answer means is in delivery_outcomes.cpp.
#include "emit/delivery_worker.h"

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

// With something queued the outbox is asked this often at least: due times are of the wall clock,
// which may jump.
constexpr std::chrono::minutes kLongestSleep{10};
// Under load attempts are recorded together, because each record is a transaction with its fsync:
// at the latest so long after the first of them, or when so many have come.
constexpr std::chrono::milliseconds kRecordWithin{10};
constexpr std::size_t kRecordedTogether = 128;
// While a receiver is in trouble, what waits is looked at for its fallback at least this often.
constexpr std::chrono::seconds kLongestCopyInterval{30};

}  // namespace

std::function<double()> system_jitter() {
  return [engine = std::mt19937(std::random_device{}())]() mutable {
    return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
  };
}

DeliveryWorker::DeliveryWorker(asio::any_io_executor executor, std::unique_ptr<Notifier> notifier,
                               DeliveryQueue& outbox, DeliveryWorkerOptions options)
    : executor_(std::move(executor)),
      notifier_(std::move(notifier)),
      outbox_(outbox),
      options_(std::move(options)),
      breaker_(options_.breaker),
      rate_(options_.messages_per_minute),
      timer_(executor_) {
  options_.concurrency =
      std::clamp<std::size_t>(options_.concurrency, 1, notifier_->useful_concurrency());
  options_.take_limit = std::max<std::size_t>(1, options_.take_limit);
  status_.receiver = notifier_->name();
  if (notifier_->refresh_interval().count() > 0) next_refresh_ = Clock::now();
}

DeliveryWorker::~DeliveryWorker() = default;

awaitable<void> DeliveryWorker::run() {
  co_await take_up_rest();
  while (!is_finished()) {
    const Time now = options_.now();
    if (should_record()) co_await record_results();
    if (rest_now() != kept_rest_ && !store_is_resting()) co_await keep_rest();
    if (is_all_due_ && !grace_end_ && !store_is_resting()) co_await make_all_due(now);
    if (wants_more(now)) co_await take_due(now);
    if (next_copy_ && Clock::now() >= *next_copy_) co_await copy_to_fallback(now);
    start_sends();
    start_refresh();
    if (!is_finished()) co_await sleep_until_needed();
    enforce_grace();
  }
  notifier_->close();
  outbox_.release(status_.receiver);
}

awaitable<void> DeliveryWorker::take_up_rest() {
  const auto kept = co_await outbox_.find_rest(status_.receiver, options_.whom);
  knows_rest_ = true;
  if (!kept) {
    telemetry::log_warning("receiver \"" + status_.receiver +
                               "\": whether it rests is not known: " + kept.error().message(),
                           {.receiver = status_.receiver});
    co_return;
  }
  kept_rest_ = kept.value();
  breaker_.restore(kept_rest_.circuit);
  if (kept_rest_.paused_until != Time{}) paused_until_ = kept_rest_.paused_until;
  status_.last_failure = kept_rest_.reason;
}

ReceiverRest DeliveryWorker::rest_now() const {
  ReceiverRest rest{
      .circuit = breaker_.rest(), .paused_until = paused_until_.value_or(Time{}), .reason = {}};
  if (rest.is_any()) rest.reason = status_.last_failure;
  // A reason alone is no news that is worth a transaction.
  if (rest.circuit == kept_rest_.circuit && rest.paused_until == kept_rest_.paused_until)
    rest.reason = kept_rest_.reason;
  return rest;
}

awaitable<void> DeliveryWorker::keep_rest() {
  const ReceiverRest rest = rest_now();
  const auto kept = co_await outbox_.keep_rest(status_.receiver, options_.whom, rest);
  if (kept) kept_rest_ = rest;
  else note_store_failure(kept.error());
}

awaitable<void> DeliveryWorker::make_all_due(Time now) {
  is_all_due_ = false;
  const auto made_due = co_await outbox_.make_due(status_.receiver, now);
  if (!made_due) {
    is_all_due_ = true;
    note_store_failure(made_due.error());
    co_return;
  }
  may_have_due_ = may_have_due_ || made_due.value() > 0;
}

void DeliveryWorker::try_now() {
  paused_until_.reset();
  breaker_.end_rest(options_.now());
  status_.is_disabled = false;
  is_all_due_ = may_have_due_ = true;
  wake();
}

bool DeliveryWorker::store_is_resting() const {
  return store_rests_until_ && Clock::now() < *store_rests_until_;
}

void DeliveryWorker::notify() {
  may_have_due_ = true;
  wake();
}

void DeliveryWorker::offer(std::vector<QueuedDelivery> deliveries) {
  const Time now = options_.now();
  for (QueuedDelivery& delivery : deliveries) {
    // What there is no room for, or no use for now, is read from the outbox when its time has come.
    if (allowance(now) == 0 || ready_.size() >= options_.take_limit) {
      may_have_due_ = true;
      break;
    }
    if (outbox_.hold(status_.receiver, delivery.id)) ready_.push_back(std::move(delivery));
  }
  start_sends();
  wake();
}

void DeliveryWorker::stop(std::chrono::milliseconds grace) {
  grace_end_ = Clock::now() + grace;
  wake();
}

DeliveryWorkerStatus DeliveryWorker::status() const {
  DeliveryWorkerStatus status = status_;
  status.circuit = breaker_.state(options_.now());
  status.under_way = under_way_.size();
  return status;
}

bool DeliveryWorker::is_finished() const {
  if (!grace_end_ || !under_way_.empty() || is_refreshing_) return false;
  // What is known is recorded even after the grace; but an outbox that fails does not hold up the
  // end.
  return results_.empty() || (store_rests_until_ && Clock::now() >= *grace_end_);
}

// How many sends may be under way now.
std::size_t DeliveryWorker::allowance(Time now) const {
  if (!knows_rest_ || grace_end_ || status_.is_disabled || is_paused(now)) return 0;
  return breaker_.allowance(now, options_.concurrency);
}

bool DeliveryWorker::has_room(Time now) const {
  return allowance(now) > 0 && ready_.size() <= options_.take_limit / 2;
}

bool DeliveryWorker::wants_more(Time now) const {
  if (!has_room(now)) return false;
  if (store_is_resting()) return false;
  return may_have_due_ || (next_due_ && *next_due_ <= now);
}

// With nothing under way there is nothing to wait for.
bool DeliveryWorker::should_record() const {
  if (results_.empty()) return false;
  return grace_end_ || under_way_.empty() || results_.size() >= kRecordedTogether ||
         Clock::now() >= record_at_;
}

void DeliveryWorker::add_result(AttemptRecord record) {
  if (results_.empty()) record_at_ = Clock::now() + kRecordWithin;
  results_.push_back(std::move(record));
}

awaitable<void> DeliveryWorker::record_results() {
  if (store_is_resting()) co_return;
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
  if (recorded.value())
    may_have_due_ = true;  // a finished delivery made way for the next one of its incident
  bool is_copied = false;
  for (const AttemptRecord& record : batch) {
    is_copied = is_copied || !record.copy_to.empty();
    if (record.fate == AttemptRecord::Fate::waiting)
      next_due_ = std::min(next_due_.value_or(record.next_attempt_at), record.next_attempt_at);
  }
  if (is_copied && options_.on_copied) options_.on_copied();
}

// While the receiver is in trouble: what has waited too long goes to the fallback as well, and
// stays queued here.
awaitable<void> DeliveryWorker::copy_to_fallback(Time now) {
  next_copy_.reset();
  const bool is_in_trouble =
      status_.is_disabled || breaker_.state(now) != CircuitBreaker::State::closed || is_paused(now);
  if (grace_end_ || options_.fallback.empty() || !is_in_trouble) co_return;
  next_copy_ = Clock::now() + std::clamp<Clock::duration>(options_.fallback_after / 4,
                                                          std::chrono::milliseconds(100),
                                                          kLongestCopyInterval);
  const Time queued_before = status_.is_disabled ? now : now - options_.fallback_after;
  auto copied = co_await outbox_.copy_waiting(status_.receiver, options_.fallback, queued_before);
  if (!copied) {
    note_store_failure(copied.error());
  } else if (copied.value() > 0) {
    telemetry::log_warning("receiver \"" + status_.receiver +
                               "\": " + std::to_string(copied.value()) +
                               " events that wait go to \"" + options_.fallback + "\" too",
                           {.receiver = status_.receiver});
    if (options_.on_copied) options_.on_copied();
  }
}

awaitable<void> DeliveryWorker::take_due(Time now) {
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
  if (due.value().deliveries.empty() && next_due_ && *next_due_ <= now)
    next_due_ = now + std::chrono::seconds(1);
  for (QueuedDelivery& delivery : due.value().deliveries) ready_.push_back(std::move(delivery));
}

void DeliveryWorker::start_sends() {
  const Time now = options_.now();
  while (!ready_.empty() && under_way_.size() < allowance(now)) {
    // A receiver that has been down for days is not asked once for every event that is too old by
    // now.
    const bool is_too_old = now - ready_.front().queued_at >= options_.backoff.give_up_after;
    if (is_too_old && breaker_.state(now) != CircuitBreaker::State::closed) {
      give_up_unsent(ready_.front(), now);
      ready_.pop_front();
      continue;
    }
    if (!rate_.allows(now)) return;
    // Beyond the first half of what the receiver may get in a minute one message carries all that
    // waits.
    const bool as_digest = options_.make_digest && rate_.is_pacing(now) && ready_.size() > 1;
    const auto count = static_cast<std::ptrdiff_t>(as_digest ? ready_.size() : 1);
    std::vector<QueuedDelivery> parts(std::make_move_iterator(ready_.begin()),
                                      std::make_move_iterator(ready_.begin() + count));
    ready_.erase(ready_.begin(), ready_.begin() + count);
    start_send(std::move(parts), now);
  }
}

void DeliveryWorker::give_up_unsent(const QueuedDelivery& delivery, Time now) {
  AttemptRecord record;
  record.id = delivery.id;
  record.fate = AttemptRecord::Fate::dead;
  record.attempted_at = now;
  record.failed_attempts = delivery.failed_attempts;
  record.reason = "not delivered in time; the receiver's last failure: " + status_.last_failure;
  record.copy_to = options_.fallback;
  add_result(std::move(record));
  ++status_.dead;
  wake();
}

void DeliveryWorker::start_send(std::vector<QueuedDelivery> parts, Time now) {
  const auto sent = under_way_.insert(under_way_.end(), Send{std::move(parts), {}});
  if (sent->parts.size() > 1) {
    std::vector<const event::RemediationEvent*> events;
    for (const QueuedDelivery& part : sent->parts) events.push_back(&part.event);
    sent->digest = options_.make_digest(events, now);
  }
  rate_.record(now);
  // `this` and the list outlive the send: run() does not end while one is under way.
  asio::co_spawn(executor_, notifier_->send(sent->event()),
                 [this, sent](std::exception_ptr failure, DeliveryOutcome outcome) {
                   if (failure) std::rethrow_exception(failure);
                   finish_send(sent, outcome);
                 });
}

void DeliveryWorker::start_refresh() {
  if (!next_refresh_ || is_refreshing_ || Clock::now() < *next_refresh_) return;
  next_refresh_ = Clock::now() + notifier_->refresh_interval();
  if (allowance(options_.now()) == 0) return;
  is_refreshing_ = true;
  asio::co_spawn(executor_, notifier_->refresh(),
                 [this](std::exception_ptr failure, std::optional<DeliveryOutcome> outcome) {
                   if (failure) std::rethrow_exception(failure);
                   is_refreshing_ = false;
                   if (outcome && !is_cut_off_) note_outcome(*outcome, 0, options_.now());
                   wake();
                 });
}

void DeliveryWorker::note_store_failure(const Error& error) {
  if (!store_rests_until_)  // once for all failures in a row
    telemetry::log_error(
        "receiver \"" + status_.receiver + "\": the outbox fails: " + error.message(),
        {.receiver = status_.receiver});
  store_rests_until_ = Clock::now() + options_.store_retry;
}

void DeliveryWorker::enforce_grace() {
  if (!grace_end_ || is_cut_off_ || Clock::now() < *grace_end_) return;
  is_cut_off_ = true;
  notifier_->close();
}

void DeliveryWorker::wake() {
  is_woken_ = true;
  timer_.cancel();
}

awaitable<void> DeliveryWorker::sleep_until_needed() {
  if (!is_woken_) {
    timer_.expires_at(wake_time());
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  is_woken_ = false;
}

// When there will be something to do if nobody calls before.
DeliveryWorker::SteadyTime DeliveryWorker::wake_time() const {
  SteadyTime wake = SteadyTime::max();
  const auto at_latest = [&wake](SteadyTime time) { wake = std::min(wake, time); };
  if (grace_end_ && !is_cut_off_) at_latest(*grace_end_);

  const Time now = options_.now();
  const bool waits_for_store = !results_.empty() || (is_all_due_ && !grace_end_) ||
                               rest_now() != kept_rest_ || (may_have_due_ && has_room(now));
  if (store_rests_until_ && waits_for_store) at_latest(*store_rests_until_);
  if (!store_rests_until_ && !results_.empty()) at_latest(record_at_);
  if (grace_end_) return wake;
  if (next_copy_) at_latest(*next_copy_);
  if (status_.is_disabled) return wake;
  if (next_refresh_ && !is_refreshing_) at_latest(*next_refresh_);

  if (!may_have_due_ && ready_.empty() && !next_due_)
    return wake;  // idle: only notify() and offer() can bring work
  const Time due = next_send_at(now);
  if (due > now) {
    at_latest(Clock::now() + std::min<Clock::duration>(due - now, kLongestSleep));
  } else if (under_way_.empty() && !store_rests_until_) {
    at_latest(Clock::now());
  }
  return wake;
}

// When the next message may leave, or the outbox is to be asked: now or earlier if at once.
Time DeliveryWorker::next_send_at(Time now) const {
  Time due = now;
  if (next_due_ && !may_have_due_ && ready_.empty()) due = *next_due_;
  if (is_paused(now)) due = std::max(due, *paused_until_);
  if (breaker_.state(now) == CircuitBreaker::State::open)
    due = std::max(due, breaker_.rests_until());
  if (!ready_.empty()) {
    due = std::max(due, rate_.next_at(now));
    if (next_due_ && has_room(now)) due = std::min(due, std::max(*next_due_, now));
  }
  return due;
}

}  // namespace handshaked::emit
