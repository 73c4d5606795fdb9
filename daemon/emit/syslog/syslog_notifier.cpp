#include "emit/syslog/syslog_notifier.h"

#include <sys/un.h>

#include <filesystem>

#include "base/check.h"
#include "telemetry/journal.h"

namespace handshaked::emit {

using boost::asio::awaitable;

namespace {

/// Behind /dev/log stands systemd's journal: it takes fields, where a syslog message would be one
/// long text.
bool is_journal(const std::string& path) {
  std::error_code failure;
  return std::filesystem::canonical(path, failure) == "/run/systemd/journal/dev-log" && !failure;
}

}  // namespace

Result<std::unique_ptr<SyslogNotifier>> SyslogNotifier::create(
    boost::asio::any_io_executor executor, SyslogOptions options) {
  const std::string receiver = "receiver \"" + options.name + "\"";
  const bool is_local = options.transport == SyslogTransport::local;
  if (is_local && (options.path.empty() || options.path.size() >= sizeof(sockaddr_un::sun_path)))
    return fail(ErrorCode::invalid_configuration, receiver + ": not a path for a Unix socket");
  if (!is_local && options.host.empty())
    return fail(ErrorCode::invalid_configuration, receiver + ": has no host");

  const std::string standard_port = options.transport == SyslogTransport::tls ? "6514" : "514";
  net::TcpPeer peer{options.host, options.port.empty() ? standard_port : options.port};
  std::unique_ptr<SyslogChannel> channel;
  switch (options.transport) {
    case SyslogTransport::local:
      channel = open_syslog_local(executor, options.path, options.limits);
      break;
    case SyslogTransport::udp:
      channel = open_syslog_udp(executor, std::move(peer), options.limits);
      break;
    case SyslogTransport::tcp:
      channel = open_syslog_tcp(executor, std::move(peer), {}, options.limits);
      break;
    case SyslogTransport::tls: {
      auto tls = net::TlsClient::create(options.tls);
      if (!tls) return fail(tls.error().wrapped(receiver));
      channel = open_syslog_tcp(executor, std::move(peer), std::move(tls.value()), options.limits);
      break;
    }
  }
  return std::unique_ptr<SyslogNotifier>(
      new SyslogNotifier(std::move(executor), std::move(options), std::move(channel)));
}

SyslogNotifier::SyslogNotifier(boost::asio::any_io_executor executor, SyslogOptions options,
                               std::unique_ptr<SyslogChannel> channel)
    : executor_(std::move(executor)),
      name_(std::move(options.name)),
      local_path_(options.transport == SyslogTransport::local ? std::move(options.path)
                                                              : std::string()),
      format_(std::move(options.format)),
      whole_(options.whole),
      channel_(std::move(channel)) {}

SyslogNotifier::~SyslogNotifier() = default;

void SyslogNotifier::close() {
  is_closed_ = true;
  if (under_way_ != nullptr) under_way_->stop();
  else channel_->close();
}

awaitable<DeliveryOutcome> SyslogNotifier::send(const event::RemediationEvent& event) {
  CHECK(under_way_ == nullptr);
  DeliveryOutcome outcome;
  if (is_closed_) {
    outcome.reason = "stopped";
    co_return outcome;
  }
  if (!local_path_.empty() && is_journal(local_path_) &&
      telemetry::send_to_journal(journal_entry(event, format_.facility))) {
    outcome.kind = DeliveryOutcome::Kind::delivered;
    co_return outcome;
  }
  const std::string message = format_syslog(event, format_);
  net::Deadline deadline(executor_, whole_);
  under_way_ = &deadline;
  const auto sent = co_await channel_->send(message, deadline);
  under_way_ = nullptr;
  if (is_closed_) channel_->close();

  if (sent) outcome.kind = DeliveryOutcome::Kind::delivered;
  else if (const auto code = sent.error().code();
           code == ErrorCode::limit_exceeded || code == ErrorCode::invalid_configuration)
    outcome.kind = DeliveryOutcome::Kind::rejected;
  if (!sent) outcome.reason = sent.error().message();
  co_return outcome;
}

}  // namespace handshaked::emit
