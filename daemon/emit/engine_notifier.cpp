#include "emit/engine_notifier.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "event/partition_address.h"

namespace handshaked::emit {

using boost::asio::awaitable;

namespace {

constexpr std::string_view kEdgeMessage = "application/json";

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
      partitions_(options.partitions),
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
                                          .body = letter.body,
                                          .partition = letter.partition}));
}

awaitable<DeliveryOutcome> EngineNotifier::publish(Letter letter) {
  auto work = publish_here(*publisher_, std::move(letter));
  auto outcome =
      co_await boost::asio::co_spawn(thread_, std::move(work), boost::asio::use_awaitable);
  co_return outcome;
}

awaitable<DeliveryOutcome> EngineNotifier::send(const event::RemediationEvent& event) {
  if (describe_) {
    auto told = co_await send_to_centre(event);
    co_return told;
  }
  Letter letter{.id = event.event_id,
                .key = event.incident_id,
                .body = event.body,
                .content_type = "application/cloudevents+json"};
  auto published = co_await publish(std::move(letter));
  co_return published;
}

/// Whoever has it already when one of them cannot be told hears it again.
awaitable<DeliveryOutcome> EngineNotifier::send_to_centre(const event::RemediationEvent& event) {
  const std::string edge = co_await describe_(name_, false);
  DeliveryOutcome outcome;
  for (const event::PartitionAddress& to : event::partition_addresses(event.body, partitions_)) {
    Letter letter{.id = event.event_id,
                  .key = host_,
                  .body = edge_message(edge, event.body,
                                       {.partitions = partitions_, .has_moved = to.has_moved}),
                  .content_type = kEdgeMessage,
                  .partition = partition_or_none(to.partition)};
    if (to.has_moved) letter.id += ".moved-" + std::to_string(to.partition);
    outcome = co_await publish(std::move(letter));
    if (outcome.kind != DeliveryOutcome::Kind::delivered) break;
  }
  co_return outcome;
}

std::int32_t EngineNotifier::partition_or_none(std::uint32_t partition) const {
  return partitions_ > 1 ? static_cast<std::int32_t>(partition) : -1;
}

std::chrono::milliseconds EngineNotifier::refresh_interval() const {
  return describe_ ? heartbeat_interval_ : std::chrono::milliseconds(0);
}

/// A partition that cannot be told, which takes a timeout, is the last one of its round. The next
/// round begins behind it, so that the others hear from this host all the same.
awaitable<std::optional<DeliveryOutcome>> EngineNotifier::refresh() {
  const std::string edge = co_await describe_(name_, true);
  DeliveryOutcome outcome;
  std::uint32_t told = 0;
  for (; told < partitions_; ++told) {
    const std::uint32_t partition = next_to_refresh_;
    next_to_refresh_ = (partition + 1) % partitions_;
    Letter letter{.id = {},
                  .key = host_,
                  .body = edge_message(edge, {}, {.partitions = partitions_}),
                  .content_type = kEdgeMessage,
                  .partition = partition_or_none(partition)};
    outcome = co_await publish(std::move(letter));
    if (outcome.kind != DeliveryOutcome::Kind::delivered) break;
  }
  if (told > 0) outcome = outcome_of(success());  // the engine is there: events need not wait
  co_return outcome;
}

}  // namespace handshaked::emit
