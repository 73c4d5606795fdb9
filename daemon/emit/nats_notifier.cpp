#include "emit/nats_notifier.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace handshaked::emit {

using boost::asio::awaitable;

namespace {

DeliveryOutcome outcome_of(const Result<>& published) {
  if (published) return {.kind = DeliveryOutcome::Kind::delivered, .retry_after = {}, .reason = {}};
  const bool is_too_large = published.error().code() == ErrorCode::limit_exceeded;
  return {.kind = is_too_large ? DeliveryOutcome::Kind::rejected : DeliveryOutcome::Kind::retry,
          .retry_after = {},
          .reason = published.error().message()};
}

/// Runs on the thread of the notifier, also when nobody waits for it any more.
awaitable<DeliveryOutcome> publish_here(engine::NatsPublisher& publisher, std::string id,
                                        std::string_view type, std::string message) {
  co_return outcome_of(publisher.publish(id, type, message));
}

}  // namespace

NatsNotifier::NatsNotifier(NatsNotifierOptions options)
    : name_(std::move(options.name)),
      describe_(std::move(options.describe)),
      heartbeat_interval_(options.heartbeat_interval),
      publisher_(std::make_unique<engine::NatsPublisher>(
          std::move(options.connection), std::move(options.subject), std::move(options.stream))) {}

NatsNotifier::~NatsNotifier() {
  publisher_->close();
  thread_.join();
}

awaitable<DeliveryOutcome> NatsNotifier::publish(std::string id, std::string_view type,
                                                 std::string message) {
  auto work = publish_here(*publisher_, std::move(id), type, std::move(message));
  auto outcome =
      co_await boost::asio::co_spawn(thread_, std::move(work), boost::asio::use_awaitable);
  co_return outcome;
}

awaitable<DeliveryOutcome> NatsNotifier::send(const event::RemediationEvent& event) {
  if (!describe_) {
    auto published = co_await publish(event.event_id, "application/cloudevents+json", event.body);
    co_return published;
  }
  const std::string edge = co_await describe_(name_, false);
  std::string message = edge_message(edge, event.body);
  auto published = co_await publish(event.event_id, "application/json", std::move(message));
  co_return published;
}

std::chrono::milliseconds NatsNotifier::refresh_interval() const {
  return describe_ ? heartbeat_interval_ : std::chrono::milliseconds(0);
}

awaitable<std::optional<DeliveryOutcome>> NatsNotifier::refresh() {
  const std::string edge = co_await describe_(name_, true);
  std::string message = edge_message(edge, {});
  auto published = co_await publish({}, "application/json", std::move(message));
  co_return published;
}

}  // namespace handshaked::emit
