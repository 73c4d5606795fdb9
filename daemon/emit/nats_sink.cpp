#include "emit/nats_sink.h"

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

/// Runs on the thread of the sink.
awaitable<DeliveryOutcome> publish(engine::NatsPublisher& publisher, const event::RemediationEvent& event) {
  co_return outcome_of(publisher.publish(event.event_id, "application/cloudevents+json", event.body));
}

}  // namespace

NatsSink::NatsSink(NatsSinkOptions options)
    : name_(std::move(options.name)),
      publisher_(
          std::make_unique<engine::NatsPublisher>(std::move(options.connection), std::move(options.subject), std::move(options.stream))) {}

NatsSink::~NatsSink() {
  publisher_->close();
  thread_.join();
}

awaitable<DeliveryOutcome> NatsSink::send(const event::RemediationEvent& event) {
  auto outcome = co_await boost::asio::co_spawn(thread_, publish(*publisher_, event), boost::asio::use_awaitable);
  co_return outcome;
}

}  // namespace handshaked::emit
