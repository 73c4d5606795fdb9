#include "emit/alertmanager_notifier.h"

#include <algorithm>

#include "base/json/json_writer.h"
#include "emit/http_outcome.h"
#include "telemetry/log.h"

namespace handshaked::emit {

using boost::asio::awaitable;
using format::AlertmanagerAlert;

namespace {

constexpr std::string_view kPath = "/api/v2/alerts";
constexpr std::size_t kAlertsInRequest = 200;
// Beyond so many only the labels and the line for people are kept for telling again.
constexpr std::size_t kKeptWhole = 1'000;
constexpr std::size_t kKept = 100'000;

bool is_kept_in_short(const std::string& annotation) {
  return annotation == "summary" || annotation == "runbook_url" || annotation == "cause";
}

}  // namespace

Result<std::unique_ptr<AlertmanagerNotifier>> AlertmanagerNotifier::create(
    boost::asio::any_io_executor executor, AlertmanagerOptions options) {
  const std::string receiver = "receiver \"" + options.name + "\"";
  auto url = net::parse_interface_url(options.url, kPath, "an Alertmanager");
  if (!url) return fail(url.error().wrapped(receiver));
  auto tls = net::TlsClient::create_for(url.value(), options.tls);
  if (!tls) return fail(tls.error().wrapped(receiver));
  return std::unique_ptr<AlertmanagerNotifier>(new AlertmanagerNotifier(
      std::move(executor), std::move(options), std::move(url.value()), std::move(tls.value())));
}

AlertmanagerNotifier::AlertmanagerNotifier(boost::asio::any_io_executor executor,
                                           AlertmanagerOptions options, net::ReceiverUrl url,
                                           std::optional<net::TlsClient> tls)
    : options_(std::move(options)),
      target_(url.target),
      useful_concurrency_(std::max<std::size_t>(1, options_.http.idle_connections)),
      client_(std::move(executor), std::move(url), std::move(tls), options_.http) {}

awaitable<DeliveryOutcome> AlertmanagerNotifier::send(const event::RemediationEvent& event) {
  AlertmanagerAlert alert = format::make_alert(format::read_notification(event), options_.language);
  const Time now = options_.now();
  const auto before = open_.find(event.incident_id);
  std::string alerts;
  JsonWriter json(alerts);
  json.begin_array();
  if (before != open_.end() && before->second.labels != alert.labels) {
    AlertmanagerAlert old = before->second;
    old.ends_at = alert.is_resolved() ? alert.ends_at : old.starts_at;
    format::write_postable_alert(json, old, now);
  }
  format::write_postable_alert(json, alert, now + options_.hold);
  json.end_array();
  DeliveryOutcome outcome = co_await post(std::move(alerts));
  if (outcome.kind == DeliveryOutcome::Kind::delivered)
    remember(event.incident_id, std::move(alert));
  co_return outcome;
}

void AlertmanagerNotifier::remember(const std::string& incident_id, AlertmanagerAlert alert) {
  if (incident_id.empty()) return;
  if (alert.is_resolved()) {
    open_.erase(incident_id);
    return;
  }
  if (open_.size() >= kKeptWhole)
    std::erase_if(alert.annotations,
                  [](const auto& note) { return !is_kept_in_short(note.first); });
  if (open_.size() >= kKept && !open_.contains(incident_id)) {
    telemetry::log_warning(
        "receiver \"" + options_.name +
            "\": more than 100000 open incidents; Alertmanager will forget the newest",
        {.receiver = options_.name});
    return;
  }
  open_.insert_or_assign(incident_id, std::move(alert));
}

void AlertmanagerNotifier::restore(const std::vector<event::RemediationEvent>& delivered_and_open) {
  for (const event::RemediationEvent& event : delivered_and_open)
    remember(event.incident_id,
             format::make_alert(format::read_notification(event), options_.language));
}

awaitable<std::optional<DeliveryOutcome>> AlertmanagerNotifier::refresh() {
  std::optional<DeliveryOutcome> outcome;
  std::string next;  // sends go on meanwhile, and change the map: the key says where to go on
  bool is_first = true;
  while (is_first || !next.empty()) {
    const Time hold_until = options_.now() + options_.hold;
    auto at = is_first ? open_.begin() : open_.lower_bound(next);
    is_first = false;
    next.clear();
    if (at == open_.end()) break;
    std::string alerts;
    JsonWriter json(alerts);
    json.begin_array();
    for (std::size_t count = 0; at != open_.end() && count < kAlertsInRequest; ++at, ++count)
      format::write_postable_alert(json, at->second, hold_until);
    json.end_array();
    if (at != open_.end()) next = at->first;
    outcome = co_await post(std::move(alerts));
    if (outcome->kind != DeliveryOutcome::Kind::delivered) break;
  }
  co_return outcome;
}

awaitable<DeliveryOutcome> AlertmanagerNotifier::post(std::string alerts) {
  net::HttpClientRequest request;
  request.target = target_;
  request.headers = {{"content-type", "application/json"}, {"user-agent", options_.user_agent}};
  if (!options_.authorization.empty())
    request.headers.emplace_back("authorization", options_.authorization);
  request.body = std::move(alerts);
  const auto response = co_await client_.exchange(std::move(request));
  co_return outcome_of(response, options_.now());
}

}  // namespace handshaked::emit
