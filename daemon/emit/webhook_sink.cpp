#include "emit/webhook_sink.h"

#include <algorithm>

#include "emit/http_outcome.h"

namespace handshaked::emit {

using boost::asio::awaitable;

Result<std::unique_ptr<WebhookSink>> WebhookSink::create(boost::asio::any_io_executor executor, WebhookOptions options) {
  const std::string receiver = "receiver \"" + options.name + "\"";
  auto url = parse_receiver_url(options.url);
  if (!url) return fail(url.error().wrapped(receiver));
  std::vector<WebhookSecret> secrets;
  for (const std::string& text : options.secrets) {
    auto secret = WebhookSecret::parse(text);
    if (!secret) return fail(secret.error().wrapped(receiver));
    secrets.push_back(std::move(secret.value()));
  }
  std::optional<TlsClient> tls;
  if (url.value().is_tls) {
    auto client = TlsClient::create(options.tls);
    if (!client) return fail(client.error().wrapped(receiver));
    tls.emplace(std::move(client.value()));
  }
  return std::unique_ptr<WebhookSink>(
      new WebhookSink(std::move(executor), std::move(options), std::move(url.value()), std::move(secrets), std::move(tls)));
}

WebhookSink::WebhookSink(boost::asio::any_io_executor executor, WebhookOptions options, ReceiverUrl url, std::vector<WebhookSecret> secrets,
                         std::optional<TlsClient> tls)
    : name_(std::move(options.name)),
      target_(url.target),
      user_agent_(std::move(options.user_agent)),
      secrets_(std::move(secrets)),
      now_(std::move(options.now)),
      useful_concurrency_(std::max<std::size_t>(1, options.http.idle_connections)),
      client_(std::move(executor), std::move(url), std::move(tls), options.http) {}

HttpRequest WebhookSink::signed_request(const OutgoingEvent& event) const {
  const auto timestamp = std::chrono::floor<std::chrono::seconds>(now_());
  HttpRequest request;
  request.target = target_;
  request.headers = {{"content-type", "application/cloudevents+json; charset=utf-8"},
                     {"user-agent", user_agent_},
                     {"webhook-id", event.event_id},
                     {"webhook-timestamp", std::to_string(timestamp.time_since_epoch().count())}};
  if (!secrets_.empty())
    request.headers.emplace_back("webhook-signature", webhook_signature(secrets_, event.event_id, timestamp, event.body));
  request.body = event.body;
  return request;
}

awaitable<DeliveryOutcome> WebhookSink::send(const OutgoingEvent& event) {
  HttpRequest request = signed_request(event);
  const auto response = co_await client_.exchange(std::move(request));
  co_return outcome_of(response, now_());
}

}  // namespace handshaked::emit
