#include "emit/webhook_notifier.h"

#include <algorithm>

#include "emit/http_outcome.h"
#include "format/clean_text.h"
#include "format/cloudevents_format.h"

namespace handshaked::emit {

using boost::asio::awaitable;

namespace {

constexpr std::size_t kWordsLimit = 200;

/// A good status may hide a refusal: what the body says wins.
void judge_answer(const format::AnswerVerdict& verdict, DeliveryOutcome& outcome) {
  using Kind = format::AnswerVerdict::Kind;
  if (verdict.kind == Kind::accepted) return;
  outcome.kind =
      verdict.kind == Kind::busy ? DeliveryOutcome::Kind::retry : DeliveryOutcome::Kind::rejected;
  outcome.retry_after = verdict.retry_after;
  outcome.reason = verdict.reason;
}

}  // namespace

Result<std::unique_ptr<WebhookNotifier>> WebhookNotifier::create(
    boost::asio::any_io_executor executor, WebhookOptions options) {
  const std::string receiver = "receiver \"" + options.name + "\"";
  auto url = net::parse_receiver_url(options.url);
  if (!url) return fail(url.error().wrapped(receiver));
  std::vector<WebhookSecret> secrets;
  for (const std::string& text : options.secrets) {
    auto secret = WebhookSecret::parse(text);
    if (!secret) return fail(secret.error().wrapped(receiver));
    secrets.push_back(std::move(secret.value()));
  }
  auto tls = net::TlsClient::create_for(url.value(), options.tls);
  if (!tls) return fail(tls.error().wrapped(receiver));
  return std::unique_ptr<WebhookNotifier>(
      new WebhookNotifier(std::move(executor), std::move(options), std::move(url.value()),
                          std::move(secrets), std::move(tls.value())));
}

WebhookNotifier::WebhookNotifier(boost::asio::any_io_executor executor, WebhookOptions options,
                                 net::ReceiverUrl url, std::vector<WebhookSecret> secrets,
                                 std::optional<net::TlsClient> tls)
    : name_(std::move(options.name)),
      target_(url.target),
      user_agent_(std::move(options.user_agent)),
      authorization_(std::move(options.authorization)),
      format_(options.format.request ? std::move(options.format)
                                     : format::cloudevents_structured_format()),
      secrets_(std::move(secrets)),
      now_(std::move(options.now)),
      useful_concurrency_(std::max<std::size_t>(1, options.http.idle_connections)),
      client_(std::move(executor), std::move(url), std::move(tls), options.http) {}

/// What the receiver says about its refusal, for people; nothing if it echoes a secret.
std::string WebhookNotifier::words_of(std::string_view answer) const {
  const bool echoes =
      (target_.size() > 1 && answer.find(target_) != std::string_view::npos) ||
      (!authorization_.empty() && answer.find(authorization_) != std::string_view::npos);
  const std::string words =
      echoes ? std::string()
             : format::shortened(format::plain_text(answer), kWordsLimit, format::Measure::bytes);
  return words.find_first_not_of(' ') == std::string::npos ? std::string() : ": " + words;
}

Result<net::HttpClientRequest> WebhookNotifier::request_for(
    const event::RemediationEvent& event) const {
  const Time now = now_();
  TRY(format::WireRequest wire, format_.request(event, now));
  const auto timestamp = std::chrono::floor<std::chrono::seconds>(now);
  net::HttpClientRequest request;
  request.target = target_;
  if (!wire.query.empty())
    request.target.append(target_.find('?') == std::string::npos ? "?" : "&").append(wire.query);
  request.headers = std::move(wire.headers);
  request.headers.emplace_back("content-type", std::move(wire.content_type));
  request.headers.emplace_back("user-agent", user_agent_);
  request.headers.emplace_back("webhook-id", event.event_id);
  request.headers.emplace_back("webhook-timestamp",
                               std::to_string(timestamp.time_since_epoch().count()));
  if (!authorization_.empty()) request.headers.emplace_back("authorization", authorization_);
  if (!secrets_.empty())
    request.headers.emplace_back("webhook-signature",
                                 webhook_signature(secrets_, event.event_id, timestamp, wire.body));
  request.body = std::move(wire.body);
  return request;
}

awaitable<DeliveryOutcome> WebhookNotifier::send(const event::RemediationEvent& event) {
  auto request = request_for(event);
  if (!request)
    co_return DeliveryOutcome{DeliveryOutcome::Kind::rejected, std::nullopt,
                              request.error().message()};
  const auto response = co_await client_.exchange(std::move(request).value());
  DeliveryOutcome outcome = outcome_of(response, now_());
  if (response && outcome.kind != DeliveryOutcome::Kind::delivered)
    outcome.reason += words_of(response.value().body);
  if (outcome.kind == DeliveryOutcome::Kind::delivered && format_.judge)
    judge_answer(format_.judge(response.value().body), outcome);
  co_return outcome;
}

}  // namespace handshaked::emit
