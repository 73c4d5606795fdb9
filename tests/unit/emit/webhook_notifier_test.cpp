#include "emit/webhook_notifier.h"

#include <gtest/gtest.h>

#include "support/loopback_server.h"
#include "support/run_coroutine.h"

namespace handshaked::emit {
namespace {

using namespace std::chrono_literals;
using Kind = DeliveryOutcome::Kind;

WebhookOptions options_for(int port) {
  WebhookOptions options;
  options.name = "ops";
  options.url = "http://127.0.0.1:" + std::to_string(port) + "/services/s3cret?key=s3cret";
  options.secrets = {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
  options.user_agent = "handshaked/0.1.0";
  options.now = [] { return Time(1614265330s); };
  return options;
}

event::RemediationEvent sample_event() {
  event::RemediationEvent event;
  event.event_id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  event.body = R"({"test": 2432232314})";
  return event;
}

struct Exchange {
  std::string request;
  DeliveryOutcome outcome;
};

Exchange send_and_get(const std::string& answer) {
  Exchange exchange;
  test::LoopbackServer server([&](test::LoopbackConnection& connection, int) {
    exchange.request = connection.read_request();
    connection.write(answer);
  });
  boost::asio::io_context loop;
  const auto notifier =
      std::move(WebhookNotifier::create(loop.get_executor(), options_for(server.port())).value());
  const event::RemediationEvent event = sample_event();
  exchange.outcome = test::run_coroutine(loop, notifier->send(event));
  notifier->close();
  return exchange;
}

TEST(WebhookNotifier, PostsASignedCloudEvent) {
  const Exchange exchange = send_and_get("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(exchange.outcome.kind, Kind::delivered);
  for (const std::string_view part :
       {"POST /services/s3cret?key=s3cret HTTP/1.1\r\n",
        "\r\ncontent-type: application/cloudevents+json; charset=utf-8\r\n",
        "\r\nuser-agent: handshaked/0.1.0\r\n", "\r\nwebhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\r\n",
        "\r\nwebhook-timestamp: 1614265330\r\n",
        "\r\nwebhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\r\n",
        "\r\n\r\n{\"test\": 2432232314}"})
    EXPECT_NE(exchange.request.find(part), std::string::npos) << part;
}

TEST(WebhookNotifier, TellsWhatBecameOfTheEvent) {
  const auto gone = send_and_get("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n").outcome;
  EXPECT_EQ(gone.kind, Kind::gone);
  const auto slow_down =
      send_and_get("HTTP/1.1 429 Slow\r\nRetry-After: 17\r\ncontent-length: 0\r\n\r\n").outcome;
  EXPECT_EQ(slow_down.kind, Kind::retry);
  EXPECT_EQ(slow_down.retry_after, 17s);
  const auto moved =
      send_and_get(
          "HTTP/1.1 301 Moved\r\nlocation: https://a.example/s3cret\r\ncontent-length: 0\r\n\r\n")
          .outcome;
  EXPECT_EQ(moved.kind, Kind::rejected);
  EXPECT_EQ(moved.reason.find("s3cret"), std::string::npos);
  const auto garbage = send_and_get("garbage\r\n\r\n").outcome;
  EXPECT_EQ(garbage.kind, Kind::retry);
  EXPECT_EQ(send_and_get("").outcome.kind, Kind::retry);
}

TEST(WebhookNotifier, RefusesABadConfigurationWithoutTellingSecrets) {
  boost::asio::io_context loop;
  auto bad_url = options_for(1);
  bad_url.url = "s3cret";
  auto bad_secret = options_for(1);
  bad_secret.secrets.push_back("s3cret");
  auto bad_file = options_for(1);
  bad_file.url = "https://127.0.0.1/s3cret";
  bad_file.tls.ca_file = "/no/such/file";
  for (const auto& options : {bad_url, bad_secret, bad_file}) {
    const auto notifier = WebhookNotifier::create(loop.get_executor(), options);
    ASSERT_FALSE(notifier);
    EXPECT_EQ(notifier.error().message().find("receiver \"ops\": "), 0u)
        << notifier.error().message();
    EXPECT_EQ(notifier.error().message().find("s3cret"), std::string::npos);
  }
}

}  // namespace
}  // namespace handshaked::emit
