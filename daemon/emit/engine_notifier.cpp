#include "emit/engine_notifier.h"

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

}  // namespace

EngineNotifier::EngineNotifier(EngineNotifierOptions options)
    : name_(std::move(options.name)),
      host_(std::move(options.host)),
      describe_(std::move(options.describe)),
      heartbeat_interval_(options.heartbeat_interval),
      publisher_(std::move(options.publisher)) {}

EngineNotifier::~EngineNotifier() {
  publisher_->close();
  thread_.join();
}

/// Runs on the thread of the notifier, also when nobody waits for it any more.
awaitable<DeliveryOutcome> EngineNotifier::publish_here(engine::Publisher& publisher,
                                                        Letter letter) {
  co_return outcome_of(publisher.publish({.id = letter.id,
                                          .key = letter.key,
                                          .content_type = letter.content_type,
                                          .body = letter.body}));
}

awaitable<DeliveryOutcome> EngineNotifier::publish(Letter letter) {
  auto work = publish_here(*publisher_, std::move(letter));
  auto outcome =
      co_await boost::asio::co_spawn(thread_, std::move(work), boost::asio::use_awaitable);
  co_return outcome;
}

awaitable<DeliveryOutcome> EngineNotifier::send(const event::RemediationEvent& event) {
  Letter letter{.id = event.event_id,
                .key = event.incident_id,
                .body = event.body,
                .content_type = "application/cloudevents+json"};
  if (describe_) {
    const std::string edge = co_await describe_(name_, false);
    letter.key = host_;
    letter.body = edge_message(edge, event.body);
    letter.content_type = "application/json";
  }
  auto published = co_await publish(std::move(letter));
  co_return published;
}

std::chrono::milliseconds EngineNotifier::refresh_interval() const {
  return describe_ ? heartbeat_interval_ : std::chrono::milliseconds(0);
}

awaitable<std::optional<DeliveryOutcome>> EngineNotifier::refresh() {
  const std::string edge = co_await describe_(name_, true);
  Letter letter{
      .id = {}, .key = host_, .body = edge_message(edge, {}), .content_type = "application/json"};
  auto published = co_await publish(std::move(letter));
  co_return published;
}

}  // namespace handshaked::emit
