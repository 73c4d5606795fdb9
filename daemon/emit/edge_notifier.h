#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "emit/notifier.h"
#include "net/http/http_client.h"
#include "net/tls_client.h"

namespace handshaked::emit {

/// Says how this host is: a JSON object (receive/http/edge_report.h), looked up `anew` or as it was
/// known last.
using DescribeEdge =
    std::function<boost::asio::awaitable<std::string>(std::string receiver, bool anew)>;

/// To whom a message goes where the centre is a group.
struct EdgeAddress {
  std::uint32_t partitions = 1;
  bool has_moved = false;  ///< the event's incident is none of that partition any more
};

/// What a central daemon reads (receive/http/edge_report.h): how this host is, and an event, or
/// none.
std::string edge_message(std::string_view edge, std::string_view event, EdgeAddress to = {});

struct EdgeNotifierOptions {
  std::string name;
  std::string url;  ///< of the central daemon's [[edge]] source: "https://centre.example.com:8843"
  std::string authorization;  ///< value of the header Authorization, a secret; empty: none
  net::TlsClientOptions tls;
  net::HttpClientOptions http;
  std::string user_agent = "handshaked";
  std::chrono::milliseconds heartbeat_interval{60'000};
  DescribeEdge describe;
  std::function<Time()> now = wall_clock_now;
};

/// Pushes incidents to a central daemon, each with how this host is; in between, that alone, so
/// that the centre tells a healthy edge from a silent one. Only what the centre says it cannot read
/// is refused for good: a wrong token, a wrong address, an older centre pass.
class EdgeNotifier final : public Notifier {
 public:
  /// Fails with invalid_configuration; the message names the receiver and no secret.
  static Result<std::unique_ptr<EdgeNotifier>> create(boost::asio::any_io_executor executor,
                                                      EdgeNotifierOptions options);

  std::string_view name() const override { return options_.name; }
  boost::asio::awaitable<DeliveryOutcome> send(const event::RemediationEvent& event) override;
  std::chrono::milliseconds refresh_interval() const override {
    return options_.heartbeat_interval;
  }
  boost::asio::awaitable<std::optional<DeliveryOutcome>> refresh() override;
  void close() override { client_.close(); }
  std::size_t useful_concurrency() const override { return 2; }

 private:
  EdgeNotifier(boost::asio::any_io_executor executor, EdgeNotifierOptions options,
               net::ReceiverUrl url, std::optional<net::TlsClient> tls);
  boost::asio::awaitable<DeliveryOutcome> post(std::string message);

  EdgeNotifierOptions options_;
  std::string target_;
  net::HttpClient client_;
};

}  // namespace handshaked::emit
