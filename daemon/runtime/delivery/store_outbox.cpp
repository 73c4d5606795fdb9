#include "runtime/delivery/store_outbox.h"

#include <simdjson.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <functional>
#include <map>
#include <memory>

#include "base/json/json_writer.h"
#include "store/receiver_rests.h"
#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

namespace asio = boost::asio;

/// What runs on the store thread. Shared, because g++ 12 destroys a lambda twice that is a
/// temporary of a co_await expression.
template <class Answer>
using StoreTask = std::shared_ptr<std::function<Answer(store::Database&)>>;

template <class Answer>
StoreTask<Answer> make_task(std::function<Answer(store::Database&)> body) {
  return std::make_shared<std::function<Answer(store::Database&)>>(std::move(body));
}

/// Runs `task` on the store thread and comes back to the caller's executor with its answer.
template <class Answer>
asio::awaitable<Answer> on_store_thread(store::StoreThread& store, StoreTask<Answer> task) {
  auto executor = co_await asio::this_coro::executor;
  auto initiate = [&store, executor, task](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto work = asio::make_work_guard(executor);
    const bool accepted = store.post([shared, work, task](store::Database& database) {
      auto answer = std::make_shared<Answer>((*task)(database));
      asio::post(work.get_executor(), [shared, answer] { (*shared)(std::move(*answer)); });
    });
    if (!accepted)
      asio::post(executor, [shared] {
        (*shared)(Answer(fail(ErrorCode::cancelled, "the store takes no more")));
      });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Answer)>(
      initiate, asio::use_awaitable);
}

constexpr std::size_t kCopiedAtOnce = 500;
constexpr std::size_t kRestoredAtStart = 20'000;

struct Due {
  std::vector<store::OutboxRow> rows;
  std::optional<Time> next;
};

store::DeliveryOutcomes outcomes_of(const std::vector<emit::AttemptRecord>& attempts) {
  store::DeliveryOutcomes outcomes;
  for (const emit::AttemptRecord& attempt : attempts) {
    const event::DeliveryId id = attempt.id;
    if (!attempt.copy_to.empty()) outcomes.copies.push_back({id, attempt.copy_to});
    switch (attempt.fate) {
      case emit::AttemptRecord::Fate::delivered: outcomes.delivered.push_back(id); break;
      case emit::AttemptRecord::Fate::waiting:
        outcomes.retries.push_back({.id = id,
                                    .next_attempt_at = attempt.next_attempt_at,
                                    .attempts = attempt.failed_attempts,
                                    .reason = attempt.reason});
        break;
      case emit::AttemptRecord::Fate::dead:
        outcomes.dead.push_back({.id = id, .reason = attempt.reason});
        break;
    }
  }
  return outcomes;
}

}  // namespace

/// What the disk does not give back must not hold up what is behind it.
void StoreOutbox::give_up(store::DeliveryOutcomes unreadable, Time now) {
  for (const store::DeadDelivery& dead : unreadable.dead)
    telemetry::log_error("delivery " + std::to_string(dead.id.value) +
                         " cannot be read and is given up: " + dead.reason);
  store_.post([unreadable = std::move(unreadable), now](store::Database& database) {
    if (const auto marked = store::Outbox(database).mark(unreadable, now); !marked)
      telemetry::log_warning(marked.error().message());
  });
}

asio::awaitable<Result<emit::DueDeliveries>> StoreOutbox::take_due(std::string receiver, Time now,
                                                                   std::size_t limit) {
  const auto task = make_task<Result<Due>>(
      [receiver, now, limit, held = held_[receiver]](store::Database& database) -> Result<Due> {
        store::Outbox outbox(database);
        TRY(auto rows, outbox.due(receiver, now, limit, held));
        TRY(auto next, outbox.next_due_after(receiver, now));
        return Due{std::move(rows), next};
      });
  auto due = co_await on_store_thread(store_, task);
  if (!due) co_return due.error();
  emit::DueDeliveries taken;
  store::DeliveryOutcomes unreadable;
  std::set<event::DeliveryId>& held = held_[receiver];
  for (store::OutboxRow& row : due.value().rows) {
    if (held.contains(row.id)) continue;  // offered meanwhile
    auto event = event_from_text(row.body);
    if (!event) {
      unreadable.dead.push_back({.id = row.id, .reason = event.error().message()});
      continue;
    }
    held.insert(row.id);
    taken.deliveries.push_back({.id = row.id,
                                .event = std::move(event).value(),
                                .queued_at = row.created_at,
                                .failed_attempts = row.attempts});
  }
  const bool is_cut = due.value().rows.size() >= limit || !unreadable.dead.empty();
  if (!unreadable.dead.empty()) give_up(std::move(unreadable), now);
  taken.next_due = is_cut ? std::optional<Time>(now) : due.value().next;
  co_return taken;
}

asio::awaitable<Result<bool>> StoreOutbox::record(std::vector<emit::AttemptRecord> attempts) {
  const auto outcomes = outcomes_of(attempts);
  const Time now = wall_clock_now();
  const auto task = make_task<Result<std::size_t>>([outcomes, now](store::Database& database) {
    return store::Outbox(database).mark(outcomes, now);
  });
  auto marked = co_await on_store_thread(store_, task);
  if (!marked) co_return marked.error();
  for (auto& [receiver, held] : held_) {
    for (const emit::AttemptRecord& attempt : attempts) held.erase(attempt.id);
  }
  co_return marked.value() > 0;
}

asio::awaitable<Result<std::size_t>> StoreOutbox::copy_waiting(std::string receiver, std::string to,
                                                               Time queued_before) {
  const Time now = wall_clock_now();
  const auto task = make_task<Result<std::size_t>>([receiver, to, queued_before,
                                                    now](store::Database& database) {
    return store::Outbox(database).copy_waiting(receiver, to, queued_before, now, kCopiedAtOnce);
  });
  co_return co_await on_store_thread(store_, task);
}

asio::awaitable<Result<std::size_t>> StoreOutbox::make_due(std::string receiver, Time now) {
  const auto task = make_task<Result<std::size_t>>([receiver, now](store::Database& database) {
    return store::Outbox(database).make_due(receiver, now);
  });
  co_return co_await on_store_thread(store_, task);
}

asio::awaitable<Result<emit::ReceiverRest>> StoreOutbox::find_rest(std::string receiver,
                                                                   std::string whom) {
  const auto task = make_task<Result<emit::ReceiverRest>>(
      [receiver, whom](store::Database& database) -> Result<emit::ReceiverRest> {
        TRY(const auto row, store::ReceiverRests(database).find(receiver));
        if (!row || row->whom != whom) return emit::ReceiverRest{};
        return emit::ReceiverRest{.circuit = {.length = row->rest, .until = row->rests_until},
                                  .paused_until = row->paused_until,
                                  .reason = row->reason};
      });
  co_return co_await on_store_thread(store_, task);
}

asio::awaitable<Result<>> StoreOutbox::keep_rest(std::string receiver, std::string whom,
                                                 emit::ReceiverRest rest) {
  const store::ReceiverRestRow row{.receiver = receiver,
                                   .whom = whom,
                                   .rest = rest.circuit.length,
                                   .rests_until = rest.circuit.until,
                                   .paused_until = rest.paused_until,
                                   .reason = rest.reason};
  const auto task = make_task<Result<>>([row, is_any = rest.is_any()](store::Database& database) {
    store::ReceiverRests rests(database);
    return is_any ? rests.save(row) : rests.forget(row.receiver);
  });
  co_return co_await on_store_thread(store_, task);
}

void StoreOutbox::release(const std::string& receiver) { held_.erase(receiver); }

FreshDeliveries fresh_deliveries(const store::Commit& commit,
                                 const std::vector<store::QueuedRow>& queued, Time now) {
  FreshDeliveries fresh;
  for (const store::QueuedRow& row : queued) {
    const store::NewDelivery& delivery = commit.deliveries[row.index];
    ++fresh.queued[delivery.receiver];
    if (!row.is_ready) continue;  // told by whoever finishes the one before
    auto& due = fresh.due[delivery.receiver];
    if (delivery.not_before > now || due.size() >= emit::kMostHeld) {
      fresh.later.insert(delivery.receiver);
    } else if (delivery.event) {
      due.push_back({.id = row.id, .event = *delivery.event, .queued_at = delivery.created_at});
    } else {
      fresh.later.insert(delivery.receiver);
    }
  }
  return fresh;
}

Result<std::vector<event::RemediationEvent>> delivered_and_open(store::Database& database,
                                                                const std::string& receiver) {
  TRY(const auto rows, store::Outbox(database).delivered_of_open(receiver, kRestoredAtStart));
  std::vector<event::RemediationEvent> events;
  for (const store::OutboxRow& row : rows) {
    auto event = event_from_text(row.body);
    if (event) events.push_back(std::move(event).value());
  }
  return events;
}

namespace {

constexpr std::string_view kBeforeBody = ",\"body\":";

/// The row's text is one JSON object whose last member, "body", is the event as it is: it is large,
/// and is neither escaped nor parsed on its way. "body_bytes" says how long it is. (Rows of before
/// have it as a string.)
struct Framed {
  std::string frame;      ///< the object without the event
  std::string_view body;  ///< empty: in the frame
};

Framed take_apart(std::string_view text) {
  constexpr std::string_view kBegin = "{\"body_bytes\":";
  std::size_t bytes = 0;
  if (!text.starts_with(kBegin)) return {std::string(text), {}};
  std::from_chars(text.data() + kBegin.size(), text.data() + text.size(), bytes);
  const std::size_t around = kBegin.size() + kBeforeBody.size() + 1;
  if (bytes == 0 || text.size() < around || bytes > text.size() - around ||
      !text.substr(0, text.size() - 1 - bytes).ends_with(kBeforeBody))
    return {std::string(text), {}};
  return {std::string(text.substr(0, text.size() - 1 - bytes - kBeforeBody.size())) + "}",
          text.substr(text.size() - 1 - bytes, bytes)};
}

}  // namespace

std::string event_to_text(const event::RemediationEvent& event) {
  std::string out;
  out.reserve(event.body.size() + 1024);
  JsonWriter json(out);
  json.begin_object().member("body_bytes", event.body.size());
  json.member("event_id", event.event_id)
      .member("event_type", event.event_type)
      .member("incident_id", event.incident_id);
  json.member("severity", event.severity)
      .member("time", event.time.time_since_epoch().count())
      .member("summary", event.summary);
  json.key("data").begin_array();
  for (const auto& [name, value] : event.data) json.value(name).value(value);
  json.end_array().key("body").raw(event.body).end_object();
  return out;
}

Result<event::RemediationEvent> event_from_text(std::string_view text) {
  const Framed framed = take_apart(text);
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  if (parser.parse(framed.frame).get(root) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input, "a queued event cannot be read");
  const auto member = [&root](std::string_view key) {
    std::string_view value;
    return root[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
  };
  event::RemediationEvent event{
      .event_id = member("event_id"),
      .event_type = member("event_type"),
      .incident_id = member("incident_id"),
      .severity = member("severity"),
      .time = {},
      .body = framed.body.empty() ? member("body") : std::string(framed.body),
      .summary = member("summary"),
      .data = {}};
  if (std::int64_t micros = 0; root["time"].get(micros) == simdjson::SUCCESS)
    event.time = Time(Duration(micros));
  simdjson::dom::array data;
  if (root["data"].get(data) == simdjson::SUCCESS) {
    std::string name;
    for (const simdjson::dom::element item : data) {
      std::string_view value;
      if (item.get(value) != simdjson::SUCCESS) continue;
      if (name.empty()) {
        name = value;
      } else {
        event.data.emplace_back(std::move(name), value);
        name.clear();
      }
    }
  }
  return event;
}

}  // namespace handshaked::runtime
