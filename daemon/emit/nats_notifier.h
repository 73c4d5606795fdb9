#pragma once

#include <memory>
#include <string>

#include <boost/asio/thread_pool.hpp>

#include "emit/edge_notifier.h"
#include "emit/notifier.h"
#include "engine/nats_publisher.h"

namespace handshaked::emit {

struct NatsNotifierOptions {
  std::string name;
  engine::NatsOptions connection;
  std::string subject, stream;
  /// To a central daemon: how this host is goes with each event, and alone as a heartbeat. Empty:
  /// events as they are.
  DescribeEdge describe = {};
  std::chrono::milliseconds heartbeat_interval{60'000};
};

/// Publishes events to NATS JetStream as CloudEvents, each under its id: delivered when the stream
/// has acknowledged it. The library blocks, so it has a thread of its own here.
class NatsNotifier final : public Notifier {
 public:
  explicit NatsNotifier(NatsNotifierOptions options);
  ~NatsNotifier() override;

  std::string_view name() const override { return name_; }
  boost::asio::awaitable<DeliveryOutcome> send(const event::RemediationEvent& event) override;
  std::chrono::milliseconds refresh_interval() const override;
  boost::asio::awaitable<std::optional<DeliveryOutcome>> refresh() override;
  void close() override { publisher_->close(); }
  std::size_t useful_concurrency() const override { return 1; }

 private:
  boost::asio::awaitable<DeliveryOutcome> publish(std::string id, std::string_view type,
                                                  std::string message);

  std::string name_;
  DescribeEdge describe_;
  std::chrono::milliseconds heartbeat_interval_;
  std::unique_ptr<engine::NatsPublisher> publisher_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace handshaked::emit
