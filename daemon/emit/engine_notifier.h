#pragma once

#include <memory>
#include <string>

#include <boost/asio/thread_pool.hpp>

#include "emit/edge_notifier.h"
#include "emit/notifier.h"
#include "engine/publisher.h"

namespace handshaked::emit {

struct EngineNotifierOptions {
  std::string name;
  std::unique_ptr<engine::Publisher> publisher;
  /// To a central daemon: how this host is goes with each event, and alone as a heartbeat. Empty:
  /// events as they are.
  DescribeEdge describe = {};
  std::string host = {};  ///< that of the edge, which is the key of all that it says
  /// Of the group that the centre is: an event goes to those that have to hear of it
  /// (event/partition_address.h), a heartbeat to all.
  std::uint32_t partitions = 1;
  std::chrono::milliseconds heartbeat_interval{60'000};
};

/// Publishes events to NATS JetStream or Kafka as CloudEvents, each under its id, those of an
/// incident under one key: delivered when the engine has acknowledged it. The libraries block, so
/// it has a thread of its own here.
class EngineNotifier final : public Notifier {
 public:
  explicit EngineNotifier(EngineNotifierOptions options);
  ~EngineNotifier() override;

  std::string_view name() const override { return name_; }
  boost::asio::awaitable<DeliveryOutcome> send(const event::RemediationEvent& event) override;
  std::chrono::milliseconds refresh_interval() const override;
  boost::asio::awaitable<std::optional<DeliveryOutcome>> refresh() override;
  void close() override { publisher_->close(); }
  std::size_t useful_concurrency() const override { return 1; }

 private:
  /// What is published, for as long as that takes.
  struct Letter {
    std::string id, key, body;
    std::string_view content_type;
    std::int32_t partition = -1;
  };
  boost::asio::awaitable<DeliveryOutcome> publish(Letter letter);
  static boost::asio::awaitable<DeliveryOutcome> publish_here(engine::Publisher& publisher,
                                                              Letter letter);

  boost::asio::awaitable<DeliveryOutcome> send_to_centre(const event::RemediationEvent& event);
  std::int32_t partition_or_none(std::uint32_t partition) const;

  std::string name_, host_;
  DescribeEdge describe_;
  std::uint32_t partitions_;
  std::uint32_t next_to_refresh_ = 0;  ///< the partition with which the next round begins
  std::chrono::milliseconds heartbeat_interval_;
  std::unique_ptr<engine::Publisher> publisher_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace handshaked::emit
