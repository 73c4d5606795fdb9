#include "emit/delivery_worker.h"

#include <map>
#include <set>

#include <gtest/gtest.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "support/run_coroutine.h"

namespace handshaked::emit {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Kind = DeliveryOutcome::Kind;
using Fate = AttemptRecord::Fate;

constexpr Time kStart{std::chrono::hours(500'000)};

/// The contract of DeliveryQueue, in memory.
class FakeOutbox final : public DeliveryQueue {
 public:
  struct Row {
    QueuedDelivery delivery;
    Time due;
  };

  void add(std::int64_t id, const std::string& incident, Time queued_at = kStart) {
    QueuedDelivery delivery;
    delivery.id = {id};
    delivery.event.event_id = "ev" + std::to_string(id);
    delivery.event.incident_id = incident;
    delivery.queued_at = queued_at;
    rows[id] = {delivery, queued_at};
  }

  asio::awaitable<Result<DueDeliveries>> take_due(std::string, Time now,
                                                  std::size_t limit) override {
    ++takes;
    if (failures > 0) {
      --failures;
      co_return fail(ErrorCode::database, "disk full");
    }
    DueDeliveries due;
    std::set<std::string> seen;
    for (const auto& [id, row] : rows) {
      if (!seen.insert(row.delivery.event.incident_id).second || held.contains(id)) continue;
      if (row.due <= now && due.deliveries.size() < limit) {
        held.insert(id);
        due.deliveries.push_back(row.delivery);
      } else if (!due.next_due || row.due < *due.next_due) {
        due.next_due = row.due;
      }
    }
    co_return due;
  }

  asio::awaitable<Result<bool>> record(std::vector<AttemptRecord> attempts) override {
    if (failures > 0) {
      --failures;
      co_return fail(ErrorCode::database, "disk full");
    }
    bool makes_way = false;
    for (const AttemptRecord& attempt : attempts) {
      records.push_back(attempt);
      held.erase(attempt.id.value);
      if (!attempt.copy_to.empty()) copied.insert(attempt.id.value);
      if (attempt.fate == Fate::waiting) {
        rows[attempt.id.value].due = attempt.next_attempt_at;
        rows[attempt.id.value].delivery.failed_attempts = attempt.failed_attempts;
      } else {
        const std::string incident = rows[attempt.id.value].delivery.event.incident_id;
        rows.erase(attempt.id.value);
        for (const auto& [id, row] : rows)
          makes_way = makes_way || row.delivery.event.incident_id == incident;
      }
    }
    co_return makes_way;
  }

  asio::awaitable<Result<std::size_t>> copy_waiting(std::string, std::string to,
                                                    Time queued_before) override {
    EXPECT_EQ(to, "plan-b");
    std::size_t count = 0;
    for (const auto& [id, row] : rows)
      if (row.delivery.queued_at <= queued_before && copied.insert(id).second) ++count;
    co_return count;
  }

  asio::awaitable<Result<std::size_t>> make_due(std::string, Time now) override {
    std::size_t count = 0;
    for (auto& [id, row] : rows) {
      if (row.delivery.failed_attempts == 0 || row.due <= now) continue;
      row.due = now;
      ++count;
    }
    co_return count;
  }

  asio::awaitable<Result<ReceiverRest>> find_rest(std::string, std::string whom) override {
    const auto kept = rests.find(whom);
    co_return kept == rests.end() ? ReceiverRest() : kept->second;
  }
  asio::awaitable<Result<>> keep_rest(std::string, std::string whom, ReceiverRest rest) override {
    rests[whom] = std::move(rest);
    co_return success();
  }

  bool hold(const std::string&, DeliveryId id) override { return held.insert(id.value).second; }

  void release(const std::string&) override { held.clear(); }

  std::map<std::int64_t, Row> rows;
  std::set<std::int64_t> held;
  std::vector<AttemptRecord> records;
  std::map<std::string, ReceiverRest> rests;  ///< by whom
  std::set<std::int64_t> copied;              ///< what the fallback has got
  int takes = 0;
  int failures = 0;  ///< how many calls fail from now on
};

/// What the test sees of the notifier that the delivery owns.
struct SinkView {
  std::vector<std::string> sent;
  std::function<DeliveryOutcome(const event::RemediationEvent&)> answer =
      [](const event::RemediationEvent&) {
        return DeliveryOutcome{Kind::delivered, {}, ""};
      };
  std::unique_ptr<asio::steady_timer> gate;  ///< set: sends wait until it is cancelled
  std::size_t under_way = 0;
  std::size_t most_under_way = 0;
  std::chrono::milliseconds refresh_interval{0};
  std::optional<DeliveryOutcome> refresh_outcome;
  int refreshes = 0;
  bool is_closed = false;
};

class FakeNotifier final : public Notifier {
 public:
  explicit FakeNotifier(SinkView& view) : view_(view) {}
  std::string_view name() const override { return "fake"; }
  asio::awaitable<DeliveryOutcome> send(const event::RemediationEvent& event) override {
    view_.sent.push_back(event.event_id);
    view_.most_under_way = std::max(view_.most_under_way, ++view_.under_way);
    if (view_.gate) co_await view_.gate->async_wait(asio::as_tuple(asio::use_awaitable));
    --view_.under_way;
    if (view_.is_closed) co_return DeliveryOutcome{Kind::retry, {}, "stopped"};
    co_return view_.answer(event);
  }
  void close() override {
    view_.is_closed = true;
    if (view_.gate) view_.gate->cancel();
  }
  std::size_t useful_concurrency() const override { return 8; }
  std::chrono::milliseconds refresh_interval() const override { return view_.refresh_interval; }
  asio::awaitable<std::optional<DeliveryOutcome>> refresh() override {
    ++view_.refreshes;
    co_return view_.refresh_outcome;
  }

 private:
  SinkView& view_;
};

DeliveryWorkerOptions with_concurrency(std::size_t concurrency) {
  DeliveryWorkerOptions options;
  options.concurrency = concurrency;
  return options;
}

class DeliveryTest : public testing::Test {
 protected:
  void start(DeliveryWorkerOptions options = {}) {
    options.now = [this] { return now_; };
    options.jitter = [] { return 0.5; };
    options.store_retry = 1ms;
    delivery_ = std::make_unique<DeliveryWorker>(
        loop_.get_executor(), std::make_unique<FakeNotifier>(notifier_), outbox_, options);
    asio::co_spawn(loop_, delivery_->run(), [this](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
      has_ended_ = true;
    });
  }
  bool until(const std::function<bool()>& condition) { return test::run_until(loop_, condition); }
  void settle() {
    loop_.restart();
    while (loop_.poll_one() > 0) {
    }
  }
  void move_clock(Duration by) {
    now_ += by;
    delivery_->notify();
  }
  void close_gate() {
    notifier_.gate =
        std::make_unique<asio::steady_timer>(loop_, asio::steady_timer::time_point::max());
  }
  void answer_always(Kind kind, std::optional<std::chrono::seconds> retry_after = {}) {
    notifier_.answer = [=](const event::RemediationEvent&) {
      return DeliveryOutcome{kind, retry_after, "because"};
    };
  }
  ~DeliveryTest() override {
    if (!delivery_) return;
    if (!has_ended_) delivery_->stop(0ms);
    EXPECT_TRUE(until([this] { return has_ended_; }));
    EXPECT_TRUE(outbox_.held.empty());
  }

  asio::io_context loop_;
  Time now_ = kStart;
  FakeOutbox outbox_;
  SinkView notifier_;
  std::unique_ptr<DeliveryWorker> delivery_;
  bool has_ended_ = false;
};

TEST_F(DeliveryTest, DeliversWhatIsQueuedAndWhatComesLater) {
  outbox_.add(1, "a");
  start();
  ASSERT_TRUE(until([&] { return outbox_.records.size() == 1; }));
  EXPECT_EQ(outbox_.records[0].fate, Fate::delivered);
  outbox_.add(2, "a");
  delivery_->notify();
  ASSERT_TRUE(until([&] { return outbox_.records.size() == 2; }));
  EXPECT_EQ(delivery_->status().delivered, 2u);
}

TEST_F(DeliveryTest, AsksNobodyWhileNothingIsQueued) {
  start();
  settle();
  const int takes = outbox_.takes;
  EXPECT_EQ(takes, 1);
  EXPECT_EQ(loop_.run_for(30ms), 0u);
  EXPECT_EQ(outbox_.takes, takes);
}

TEST_F(DeliveryTest, KeepsTheOrderOfAnIncident) {
  for (int id = 1; id <= 5; ++id) outbox_.add(id, "a");
  start();
  ASSERT_TRUE(until([&] { return outbox_.rows.empty(); }));
  EXPECT_EQ(notifier_.sent, (std::vector<std::string>{"ev1", "ev2", "ev3", "ev4", "ev5"}));
}

TEST_F(DeliveryTest, BoundsWhatIsUnderWay) {
  for (int id = 1; id <= 500; ++id) outbox_.add(id, "incident" + std::to_string(id));
  close_gate();
  start(with_concurrency(3));
  ASSERT_TRUE(until([&] { return notifier_.sent.size() == 3; }));
  settle();
  EXPECT_EQ(notifier_.sent.size(), 3u);
  EXPECT_LE(outbox_.held.size(), 3u + DeliveryWorkerOptions().take_limit);
  notifier_.gate->expires_at({});
  ASSERT_TRUE(until([&] { return outbox_.rows.empty(); }));
  EXPECT_EQ(notifier_.most_under_way, 3u);
  EXPECT_EQ(notifier_.sent.size(), 500u);
}

TEST_F(DeliveryTest, TriesAgainAfterTheBackoff) {
  outbox_.add(1, "a");
  answer_always(Kind::retry);
  start();
  ASSERT_TRUE(until([&] { return outbox_.records.size() == 1; }));
  EXPECT_EQ(outbox_.records[0].fate, Fate::waiting);
  EXPECT_EQ(outbox_.records[0].next_attempt_at, kStart + 500ms);
  EXPECT_EQ(outbox_.records[0].reason, "because");
  move_clock(499ms);
  settle();
  EXPECT_EQ(notifier_.sent.size(), 1u);
  move_clock(1ms);
  ASSERT_TRUE(until([&] { return outbox_.records.size() == 2; }));
  EXPECT_EQ(outbox_.records[1].failed_attempts, 2u);
  EXPECT_EQ(outbox_.records[1].next_attempt_at, now_ + 1s);
}

TEST_F(DeliveryTest, WakesByItselfWhenTheNextAttemptIsDue) {
  outbox_.add(1, "a");
  int calls = 0;
  notifier_.answer = [&](const event::RemediationEvent&) {
    return DeliveryOutcome{++calls == 1 ? Kind::retry : Kind::delivered, {}, ""};
  };
  DeliveryWorkerOptions options;
  options.backoff.first_limit = 40ms;
  start(options);
  ASSERT_TRUE(until([&] { return outbox_.records.size() == 1; }));
  settle();
  now_ += 20ms;
  EXPECT_TRUE(until([&] { return outbox_.rows.empty(); }));
}

TEST_F(DeliveryTest, LeavesTheWholeReceiverAloneForRetryAfter) {
  outbox_.add(1, "a");
  answer_always(Kind::retry, 30s);
  start();
  ASSERT_TRUE(until([&] { return outbox_.records.size() == 1; }));
  EXPECT_EQ(outbox_.records[0].next_attempt_at, kStart + 30s);
  outbox_.add(2, "b");
  move_clock(29s);
  settle();
  EXPECT_EQ(notifier_.sent.size(), 1u);
  answer_always(Kind::delivered);
  move_clock(1s);
  EXPECT_TRUE(until([&] { return outbox_.rows.empty(); }));
}

TEST_F(DeliveryTest, PutsWhatIsRefusedIntoTheDeadLettersAtOnce) {
  outbox_.add(1, "a");
  outbox_.add(2, "a");
  answer_always(Kind::rejected);
  start();
  ASSERT_TRUE(until([&] { return outbox_.rows.empty(); }));
  EXPECT_EQ(outbox_.records[0].fate, Fate::dead);
  EXPECT_EQ(outbox_.records[0].reason, "because");
  EXPECT_EQ(delivery_->status().dead, 2u);
}

TEST_F(DeliveryTest, SendsNothingMoreToAReceiverThatIsGoneAndLosesNothing) {
  for (int id = 1; id <= 9; ++id) outbox_.add(id, "incident" + std::to_string(id));
  answer_always(Kind::gone);
  start(with_concurrency(1));
  ASSERT_TRUE(until([&] { return delivery_->status().is_disabled; }));
  delivery_->notify();
  settle();
  EXPECT_EQ(notifier_.sent.size(), 1u);
  EXPECT_EQ(outbox_.rows.size(), 9u);
}

TEST_F(DeliveryTest, AsksAReceiverThatIsDownWithOneEventOnly) {
  for (int id = 1; id <= 100; ++id) outbox_.add(id, "incident" + std::to_string(id));
  answer_always(Kind::retry);
  start(with_concurrency(1));
  ASSERT_TRUE(until([&] { return notifier_.sent.size() == 5; }));
  settle();
  EXPECT_EQ(notifier_.sent.size(), 5u);
  EXPECT_EQ(delivery_->status().circuit, CircuitBreaker::State::open);
  move_clock(5s);
  settle();
  EXPECT_EQ(notifier_.sent.size(), 6u);
  answer_always(Kind::delivered);
  move_clock(10s);
  EXPECT_TRUE(until([&] { return outbox_.rows.empty(); }));
  EXPECT_EQ(delivery_->status().circuit, CircuitBreaker::State::closed);
}

TEST_F(DeliveryTest, DeliversAllThatWaitsOnceTheReceiverIsBack) {
  for (int i = 1; i <= 40; ++i) outbox_.add(i, "incident " + std::to_string(i));
  start();
  answer_always(Kind::retry);
  // An outage of hours: every event has failed, and waits for long.
  for (int hour = 0; hour < 60; ++hour) {
    settle();
    move_clock(10min);
  }
  settle();
  for (auto& [id, row] : outbox_.rows) {
    if (row.due <= now_) row.due = now_ + 30min;
    row.delivery.failed_attempts = std::max(row.delivery.failed_attempts, 1U);
  }
  answer_always(Kind::delivered);
  move_clock(60s);  // the longest rest of a circuit
  ASSERT_TRUE(until([&] { return outbox_.rows.empty(); }));
}

TEST_F(DeliveryTest, HasSomethingToAskAReceiverWithThatIsDown) {
  outbox_.add(1, "a");
  start();
  answer_always(Kind::retry);
  for (int minute = 0; minute < 600; ++minute) {
    settle();
    move_clock(1min);
  }
  answer_always(Kind::delivered);
  // The event's own backoff has grown to an hour by now; the circuit rests a minute at the most.
  move_clock(61s);
  EXPECT_TRUE(until([&] { return outbox_.rows.empty(); }));
}

TEST_F(DeliveryTest, SendsAtOnceWhenSomebodySaysThatTheReceiverIsBack) {
  for (int i = 1; i <= 3; ++i) outbox_.add(i, "incident " + std::to_string(i));
  start();
  answer_always(Kind::retry, 600s);
  ASSERT_TRUE(until([&] { return outbox_.records.size() == 3; }));
  answer_always(Kind::delivered);
  delivery_->notify();
  settle();
  EXPECT_EQ(notifier_.sent.size(), 3u);  // it asked for ten minutes
  delivery_->try_now();
  EXPECT_TRUE(until([&] { return outbox_.rows.empty(); }));
}

TEST_F(DeliveryTest, SendsAgainToAReceiverThatWasGoneWhenSomebodySaysSo) {
  outbox_.add(1, "a");
  start();
  answer_always(Kind::gone);
  ASSERT_TRUE(until([&] { return delivery_->status().is_disabled; }));
  answer_always(Kind::delivered);
  delivery_->try_now();
  EXPECT_TRUE(until([&] { return outbox_.rows.empty(); }));
}

TEST_F(DeliveryTest, KeepsTheRestsOfAReceiverOverRestartsUnlessItIsAnotherOne) {
  for (int i = 1; i <= 8; ++i) outbox_.add(i, "incident " + std::to_string(i));
  const auto with_whom = [](const char* whom) {
    DeliveryWorkerOptions options;
    options.concurrency = 8;
    options.whom = whom;
    return options;
  };
  start(with_whom("hook one"));
  answer_always(Kind::retry, 600s);
  ASSERT_TRUE(until([&] { return outbox_.rests["hook one"].is_any() && outbox_.held.empty(); }));
  const auto restart = [&](const char* whom) {
    delivery_->stop(0ms);
    ASSERT_TRUE(until([this] { return has_ended_; }));
    has_ended_ = false;
    notifier_.is_closed = false;
    notifier_.sent.clear();
    for (auto& [id, row] : outbox_.rows) row.due = now_;
    start(with_whom(whom));
    settle();
  };
  restart("hook one");
  EXPECT_EQ(delivery_->status().circuit, CircuitBreaker::State::open);
  EXPECT_TRUE(notifier_.sent.empty());
  now_ += 301s;  // the circuit rests no longer, the pause lasts
  restart("hook one");
  EXPECT_TRUE(notifier_.sent.empty());
  answer_always(Kind::delivered);
  restart("hook two");
  EXPECT_TRUE(until([&] { return outbox_.rows.empty(); }));
}

TEST_F(DeliveryTest, GivesUpAfterThreeDaysAndDeliversTheRestWhenTheReceiverIsBack) {
  for (int id = 1; id <= 20; ++id) outbox_.add(id, "incident" + std::to_string(id));
  answer_always(Kind::retry);
  start();
  for (int minute = 0; minute < 72 * 60 + 130; minute += 5) {
    move_clock(5min);
    settle();
  }
  EXPECT_TRUE(outbox_.rows.empty());
  EXPECT_EQ(delivery_->status().dead, 20u);
  EXPECT_LT(notifier_.sent.size(), 1100u);
  outbox_.add(100, "z", now_);
  answer_always(Kind::delivered);
  move_clock(5min);
  EXPECT_TRUE(until([&] { return outbox_.rows.empty(); }));
  EXPECT_EQ(outbox_.records.back().fate, Fate::delivered);
}

TEST_F(DeliveryTest, TriesOldEventsOnceAfterALongDowntimeOfOurs) {
  outbox_.add(1, "a", kStart - std::chrono::hours(100));
  start();
  ASSERT_TRUE(until([&] { return outbox_.rows.empty(); }));
  EXPECT_EQ(outbox_.records[0].fate, Fate::delivered);
}

TEST_F(DeliveryTest, GoesOnWhenTheOutboxFailsForAWhile) {
  outbox_.add(1, "a");
  outbox_.failures = 3;
  start();
  ASSERT_TRUE(until([&] { return notifier_.sent.size() == 1; }));
  outbox_.failures = 3;
  EXPECT_TRUE(until([&] { return outbox_.rows.empty(); }));
  EXPECT_EQ(notifier_.sent.size(), 1u);
}

TEST_F(DeliveryTest, RecordsASendThatWasUnderWayWhenTheOutboxBeganToFail) {
  outbox_.add(1, "a");
  close_gate();
  start();
  ASSERT_TRUE(until([&] { return notifier_.under_way == 1; }));
  outbox_.failures = 2;
  notifier_.gate->expires_at({});
  EXPECT_TRUE(until([&] { return outbox_.rows.empty(); }));
  EXPECT_EQ(notifier_.sent.size(), 1u);
}

TEST_F(DeliveryTest, LetsSendsFinishWhenStopped) {
  for (int id = 1; id <= 9; ++id) outbox_.add(id, "incident" + std::to_string(id));
  close_gate();
  start(with_concurrency(2));
  ASSERT_TRUE(until([&] { return notifier_.under_way == 2; }));
  delivery_->stop(1h);
  settle();
  EXPECT_FALSE(has_ended_);
  notifier_.gate->expires_at({});
  ASSERT_TRUE(until([&] { return has_ended_; }));
  EXPECT_EQ(outbox_.records.size(), 2u);
  EXPECT_EQ(outbox_.rows.size(), 7u);
}

TEST_F(DeliveryTest, CutsSendsOffAfterTheGraceAndKeepsTheirEvents) {
  outbox_.add(1, "a");
  close_gate();
  start();
  ASSERT_TRUE(until([&] { return notifier_.under_way == 1; }));
  delivery_->stop(20ms);
  ASSERT_TRUE(until([&] { return has_ended_; }));
  EXPECT_TRUE(outbox_.records.empty());
  EXPECT_EQ(outbox_.rows.at(1).delivery.failed_attempts, 0u);
}

TEST_F(DeliveryTest, EndsAlsoWhenTheOutboxFailsForGood) {
  outbox_.add(1, "a");
  start();
  ASSERT_TRUE(until([&] { return notifier_.sent.size() == 1; }));
  outbox_.failures = 1'000'000;
  delivery_->stop(30ms);
  EXPECT_TRUE(until([&] { return has_ended_; }));
}

TEST_F(DeliveryTest, SendsWhatItIsOfferedWithoutReadingTheOutbox) {
  start();
  settle();
  const int takes = outbox_.takes;
  outbox_.add(1, "a");
  outbox_.add(2, "b");
  delivery_->offer({outbox_.rows.at(1).delivery, outbox_.rows.at(2).delivery});
  ASSERT_TRUE(until([&] { return outbox_.rows.empty(); }));
  settle();
  EXPECT_EQ(notifier_.sent, (std::vector<std::string>{"ev1", "ev2"}));
  EXPECT_EQ(outbox_.takes, takes);
}

TEST_F(DeliveryTest, SendsNothingTwiceThatIsOfferedAndReadAtOnce) {
  outbox_.add(1, "a");
  close_gate();
  start();
  ASSERT_TRUE(until([&] { return notifier_.under_way == 1; }));
  delivery_->offer({outbox_.rows.at(1).delivery});
  delivery_->notify();
  settle();
  EXPECT_EQ(notifier_.sent.size(), 1u);
  notifier_.gate->expires_at({});
  EXPECT_TRUE(until([&] { return outbox_.rows.empty(); }));
}

TEST_F(DeliveryTest, ReadsLaterWhatItHadNoRoomFor) {
  DeliveryWorkerOptions options = with_concurrency(1);
  options.take_limit = 4;
  close_gate();
  start(options);
  settle();
  std::vector<QueuedDelivery> offered;
  for (int id = 1; id <= 50; ++id) {
    outbox_.add(id, "incident" + std::to_string(id));
    offered.push_back(outbox_.rows.at(id).delivery);
  }
  delivery_->offer(std::move(offered));
  settle();
  EXPECT_LE(outbox_.held.size(), 6u);
  notifier_.gate->expires_at({});
  EXPECT_TRUE(until([&] { return outbox_.rows.empty(); }));
  EXPECT_EQ(notifier_.sent.size(), 50u);
}

TEST_F(DeliveryTest, LetsWhatIsOfferedWaitWhileTheReceiverIsDown) {
  outbox_.add(1, "a");
  answer_always(Kind::retry, 30s);
  start();
  ASSERT_TRUE(until([&] { return outbox_.records.size() == 1; }));
  outbox_.add(2, "b");
  delivery_->offer({outbox_.rows.at(2).delivery});
  settle();
  EXPECT_EQ(notifier_.sent.size(), 1u);
  EXPECT_TRUE(outbox_.held.empty());
  answer_always(Kind::delivered);
  move_clock(31s);
  EXPECT_TRUE(until([&] { return outbox_.rows.empty(); }));
}

TEST_F(DeliveryTest, TellsWhatExceedsTheRateAsOneDigest) {
  for (int id = 1; id <= 40; ++id) outbox_.add(id, "incident" + std::to_string(id));
  std::vector<std::size_t> digests;
  DeliveryWorkerOptions options = with_concurrency(1);
  options.messages_per_minute = 10;
  options.make_digest = [&digests](std::span<const event::RemediationEvent* const> events, Time) {
    digests.push_back(events.size());
    event::RemediationEvent digest;
    digest.event_id = "digest";
    return digest;
  };
  start(options);
  ASSERT_TRUE(until([&] { return notifier_.sent.size() == 5; }));  // the first half at once
  settle();
  EXPECT_EQ(notifier_.sent.size(), 5u);
  move_clock(12s);
  ASSERT_TRUE(until([&] { return outbox_.rows.empty(); }));
  EXPECT_EQ(digests, std::vector<std::size_t>{35});
  EXPECT_EQ(notifier_.sent.back(), "digest");
  EXPECT_EQ(delivery_->status().delivered, 40u);
}

TEST_F(DeliveryTest, KeepsTheEventsOfADigestThatFailed) {
  for (int id = 1; id <= 12; ++id) outbox_.add(id, "incident" + std::to_string(id));
  DeliveryWorkerOptions options = with_concurrency(1);
  options.messages_per_minute = 2;
  options.make_digest = [](std::span<const event::RemediationEvent* const>, Time) {
    return event::RemediationEvent{};
  };
  start(options);
  ASSERT_TRUE(until([&] { return outbox_.records.size() == 1; }));
  answer_always(Kind::retry);
  move_clock(61s);
  ASSERT_TRUE(until([&] { return outbox_.records.size() >= 2; }));
  answer_always(Kind::delivered);
  for (int minute = 0; minute < 20; ++minute) {
    move_clock(61s);
    settle();
  }
  EXPECT_TRUE(outbox_.rows.empty());
}

TEST_F(DeliveryTest, GivesTheFallbackWhatIsRefusedAndWhatWaitsTooLong) {
  outbox_.add(1, "a");
  answer_always(Kind::rejected);
  DeliveryWorkerOptions options = with_concurrency(1);
  options.fallback = "plan-b";
  options.fallback_after = 1s;
  start(options);
  ASSERT_TRUE(until([&] { return outbox_.rows.empty(); }));
  EXPECT_TRUE(outbox_.copied.contains(1));

  answer_always(Kind::retry);
  for (int id = 2; id <= 30; ++id) outbox_.add(id, "incident" + std::to_string(id), now_);
  for (int step = 0; step < 4; ++step) {
    move_clock(200ms);
    settle();
  }
  EXPECT_EQ(outbox_.copied.size(), 1u);  // not yet
  move_clock(400ms);
  ASSERT_TRUE(until([&] { return outbox_.copied.size() == 30; }));
  EXPECT_EQ(outbox_.rows.size(), 29u);  // and they stay queued here
}

TEST_F(DeliveryTest, GivesTheFallbackEverythingWhenTheReceiverIsGone) {
  for (int id = 1; id <= 9; ++id) outbox_.add(id, "incident" + std::to_string(id));
  answer_always(Kind::gone);
  DeliveryWorkerOptions options = with_concurrency(1);
  options.fallback = "plan-b";
  int told = 0;
  options.on_copied = [&told] { ++told; };
  start(options);
  EXPECT_TRUE(until([&] { return outbox_.copied.size() == 9; }));
  EXPECT_GE(told, 1);
  EXPECT_EQ(notifier_.sent.size(), 1u);
}

TEST_F(DeliveryTest, RefreshesAReceiverThatForgets) {
  notifier_.refresh_interval = 5ms;
  notifier_.refresh_outcome = DeliveryOutcome{Kind::delivered, {}, ""};
  start();
  EXPECT_TRUE(until([&] { return notifier_.refreshes >= 3; }));
  // A failed refresh counts as a failure of the receiver.
  notifier_.refresh_outcome = DeliveryOutcome{Kind::retry, {}, "down"};
  EXPECT_TRUE(until([&] { return delivery_->status().circuit == CircuitBreaker::State::open; }));
  EXPECT_EQ(delivery_->status().last_failure, "down");
}

}  // namespace
}  // namespace handshaked::emit
