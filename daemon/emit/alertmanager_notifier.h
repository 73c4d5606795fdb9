#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "base/clock.h"
#include "base/language.h"
#include "base/result.h"
#include "emit/notifier.h"
#include "format/alertmanager_format.h"
#include "net/http/http_client.h"
#include "net/tls_client.h"

namespace handshaked::emit {

struct AlertmanagerOptions {
  std::string name;
  std::string url;  ///< of Alertmanager itself: "http://127.0.0.1:9093", with its route prefix if
                    ///< it has one
  std::string authorization;  ///< value of the header Authorization, a secret; empty: none
  Language language = Language::en;
  net::TlsClientOptions tls;
  net::HttpClientOptions http;
  std::string user_agent = "handshaked";
  std::chrono::milliseconds resend_interval{60'000};
  std::chrono::milliseconds hold{
      300'000};  ///< a firing alert ends so long after it was told last, should we be gone
  std::function<Time()> now = wall_clock_now;
};

/// Pushes incidents to POST /api/v2/alerts and leaves grouping, repetition and silences to
/// Alertmanager. It keeps alerts in memory only and lets them end at `endsAt`: so what is open is
/// told again and again, after a restart of either side too. An incident whose labels change (its
/// severity) becomes another alert, and the old one is ended with it.
class AlertmanagerNotifier final : public Notifier {
 public:
  /// Fails with invalid_configuration; the message names the receiver and no secret.
  static Result<std::unique_ptr<AlertmanagerNotifier>> create(boost::asio::any_io_executor executor,
                                                              AlertmanagerOptions options);

  std::string_view name() const override { return options_.name; }
  boost::asio::awaitable<DeliveryOutcome> send(const event::RemediationEvent& event) override;
  std::chrono::milliseconds refresh_interval() const override { return options_.resend_interval; }
  boost::asio::awaitable<std::optional<DeliveryOutcome>> refresh() override;
  void restore(const std::vector<event::RemediationEvent>& delivered_and_open) override;
  void close() override { client_.close(); }
  std::size_t useful_concurrency() const override { return useful_concurrency_; }

 private:
  AlertmanagerNotifier(boost::asio::any_io_executor executor, AlertmanagerOptions options,
                       net::ReceiverUrl url, std::optional<net::TlsClient> tls);
  boost::asio::awaitable<DeliveryOutcome> post(std::string alerts);
  void remember(const std::string& incident_id, format::AlertmanagerAlert alert);

  AlertmanagerOptions options_;
  std::string target_;
  std::size_t useful_concurrency_;
  std::map<std::string, format::AlertmanagerAlert, std::less<>> open_;  ///< by incident
  net::HttpClient client_;
};

}  // namespace handshaked::emit
