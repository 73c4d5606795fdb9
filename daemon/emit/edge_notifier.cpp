#include "emit/edge_notifier.h"

#include "emit/http_outcome.h"
#include "format/clean_text.h"

namespace handshaked::emit {

using boost::asio::awaitable;

namespace {

constexpr std::string_view kEdgePath = "/v1/edge";
constexpr std::size_t kShownWords = 200;

/// Somebody has to put right the token, the address or the other side; the event itself is good.
bool is_for_somebody_to_mend(unsigned status) {
  return status == 401 || status == 403 || status == 404 || status == 405 || status == 410;
}

}  // namespace

std::string edge_message(std::string_view edge, std::string_view event, EdgeAddress to) {
  std::string message = R"({"version":1,"edge":)";
  message.append(edge);
  if (to.has_moved) message.append(",\"moved\":true");
  if (to.partitions > 1) message.append(",\"partitions\":").append(std::to_string(to.partitions));
  if (!event.empty()) message.append(",\"event\":").append(event);
  return message.append("}");
}

Result<std::unique_ptr<EdgeNotifier>> EdgeNotifier::create(boost::asio::any_io_executor executor,
                                                           EdgeNotifierOptions options) {
  const std::string receiver = "receiver \"" + options.name + "\"";
  auto url = net::parse_interface_url(options.url, kEdgePath, "a central handshaked");
  if (!url) return fail(url.error().wrapped(receiver));
  auto tls = net::TlsClient::create_for(url.value(), options.tls);
  if (!tls) return fail(tls.error().wrapped(receiver));
  return std::unique_ptr<EdgeNotifier>(new EdgeNotifier(
      std::move(executor), std::move(options), std::move(url.value()), std::move(tls.value())));
}

EdgeNotifier::EdgeNotifier(boost::asio::any_io_executor executor, EdgeNotifierOptions options,
                           net::ReceiverUrl url, std::optional<net::TlsClient> tls)
    : options_(std::move(options)),
      target_(url.target),
      client_(std::move(executor), std::move(url), std::move(tls), options_.http) {}

awaitable<DeliveryOutcome> EdgeNotifier::send(const event::RemediationEvent& event) {
  const std::string edge = co_await options_.describe(options_.name, false);
  std::string message = edge_message(edge, event.body);
  auto outcome = co_await post(std::move(message));
  co_return outcome;
}

awaitable<std::optional<DeliveryOutcome>> EdgeNotifier::refresh() {
  const std::string edge = co_await options_.describe(options_.name, true);
  std::string message = edge_message(edge, {});
  auto outcome = co_await post(std::move(message));
  co_return outcome;
}

awaitable<DeliveryOutcome> EdgeNotifier::post(std::string message) {
  net::HttpClientRequest request;
  request.target = target_;
  request.headers = {{"content-type", "application/json"}, {"user-agent", options_.user_agent}};
  if (!options_.authorization.empty())
    request.headers.emplace_back("authorization", options_.authorization);
  request.body = std::move(message);
  const auto response = co_await client_.exchange(std::move(request));
  DeliveryOutcome outcome = outcome_of(response, options_.now());
  if (!response || outcome.kind == DeliveryOutcome::Kind::delivered) co_return outcome;
  const std::string& words = response.value().body;
  const bool echoes_secret =
      !options_.authorization.empty() && words.find(options_.authorization) != std::string::npos;
  if (is_for_somebody_to_mend(response.value().status)) outcome.kind = DeliveryOutcome::Kind::retry;
  if (!words.empty() && !echoes_secret)
    outcome.reason +=
        ": " + format::shortened(format::plain_text(words), kShownWords, format::Measure::bytes);
  co_return outcome;
}

}  // namespace handshaked::emit
