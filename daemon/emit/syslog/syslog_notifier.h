#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "base/result.h"
#include "emit/notifier.h"
#include "emit/syslog/syslog_channel.h"
#include "emit/syslog/syslog_message.h"
#include "net/tls_client.h"

namespace handshaked::emit {

enum class SyslogTransport { local, udp, tcp, tls };

struct SyslogOptions {
  std::string name;
  SyslogTransport transport = SyslogTransport::local;
  std::string path = "/dev/log";  ///< for `local`
  std::string host;               ///< for the others
  std::string port;               ///< empty: 514, for `tls` 6514
  net::TlsClientOptions tls;
  SyslogFormat
      format;  ///< UDP: keep `limit_bytes` at 2048, which every collector takes (RFC 5424, 6.1)
  SyslogLimits limits;
  std::chrono::milliseconds whole{30'000};
};

/// Sends events as RFC 5424 messages; to the host's own socket, where systemd's journal reads it,
/// as entries with fields. There is no answer in syslog: see SyslogChannel for what "delivered"
/// means.
class SyslogNotifier final : public Notifier {
 public:
  /// Fails with invalid_configuration. Opens no connection.
  static Result<std::unique_ptr<SyslogNotifier>> create(boost::asio::any_io_executor executor,
                                                        SyslogOptions options);
  ~SyslogNotifier() override;

  std::string_view name() const override { return name_; }
  boost::asio::awaitable<DeliveryOutcome> send(const event::RemediationEvent& event) override;
  void close() override;
  std::size_t useful_concurrency() const override { return 1; }

 private:
  SyslogNotifier(boost::asio::any_io_executor executor, SyslogOptions options,
                 std::unique_ptr<SyslogChannel> channel);

  boost::asio::any_io_executor executor_;
  std::string name_;
  std::string local_path_;  ///< empty: over the network
  SyslogFormat format_;
  std::chrono::milliseconds whole_;
  std::unique_ptr<SyslogChannel> channel_;
  net::Deadline* under_way_ = nullptr;
  bool is_closed_ = false;
};

}  // namespace handshaked::emit
