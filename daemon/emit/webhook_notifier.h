#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "emit/notifier.h"
#include "emit/standard_webhooks.h"
#include "format/wire_format.h"
#include "net/http/http_client.h"
#include "net/tls_client.h"

namespace handshaked::emit {

struct WebhookOptions {
  std::string name;
  std::string url;                   ///< a secret
  format::WireFormat format;         ///< what is posted; empty: CloudEvents in structured mode
  std::vector<std::string> secrets;  ///< "whsec_…", newest first; none: unsigned
  std::string authorization;         ///< value of the header Authorization, a secret; empty: none
  net::TlsClientOptions tls;
  net::HttpClientOptions http;
  std::string user_agent = "handshaked";
  std::function<Time()> now = wall_clock_now;
};

/// Posts events to one address in the form that its receiver wants, signed as Standard Webhooks 1.0
/// says if there are secrets.
class WebhookNotifier final : public Notifier {
 public:
  /// Fails with invalid_configuration; the message names the receiver and no secret.
  static Result<std::unique_ptr<WebhookNotifier>> create(boost::asio::any_io_executor executor,
                                                         WebhookOptions options);

  std::string_view name() const override { return name_; }
  boost::asio::awaitable<DeliveryOutcome> send(const event::RemediationEvent& event) override;
  void close() override { client_.close(); }
  std::size_t useful_concurrency() const override { return useful_concurrency_; }

 private:
  WebhookNotifier(boost::asio::any_io_executor executor, WebhookOptions options,
                  net::ReceiverUrl url, std::vector<WebhookSecret> secrets,
                  std::optional<net::TlsClient> tls);
  std::string words_of(std::string_view answer) const;
  Result<net::HttpClientRequest> request_for(const event::RemediationEvent& event) const;

  std::string name_;
  std::string target_;
  std::string user_agent_;
  std::string authorization_;
  format::WireFormat format_;
  std::vector<WebhookSecret> secrets_;
  std::function<Time()> now_;
  std::size_t useful_concurrency_;
  net::HttpClient client_;
};

}  // namespace handshaked::emit
