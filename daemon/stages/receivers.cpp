#include "stages/receivers.h"

#include <unistd.h>

#include <fstream>
#include <sstream>

#include "emit/syslog_sink.h"
#include "emit/webhook_sink.h"

namespace handshaked::stages {
namespace {

Result<std::string> read_secret(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return fail(error_from_errno(errno, "cannot read the secret file " + file));
  std::string secret;
  std::getline(stream, secret);
  while (!secret.empty() && (secret.back() == '\r' || secret.back() == ' ')) secret.pop_back();
  if (secret.empty()) return fail(ErrorCode::invalid_configuration, "the secret file " + file + " is empty");
  return secret;
}

emit::TlsClientOptions tls_options(const config::Receiver& receiver) {
  return {.ca_file = receiver.ca_file, .certificate_file = receiver.client_certificate, .key_file = receiver.client_key};
}

Result<std::unique_ptr<emit::Sink>> make_webhook(boost::asio::any_io_executor executor, const config::Receiver& receiver) {
  emit::WebhookOptions options;
  options.name = receiver.name;
  options.url = receiver.url;
  options.tls = tls_options(receiver);
  options.http.first_byte = options.http.whole = receiver.timeout;
  options.user_agent = "handshaked/" HANDSHAKED_VERSION;
  for (const std::string& file : receiver.secret_files) {
    TRY(auto secret, read_secret(file));
    options.secrets.push_back(std::move(secret));
  }
  TRY(auto sink, emit::WebhookSink::create(std::move(executor), std::move(options)));
  return std::unique_ptr<emit::Sink>(std::move(sink));
}

emit::SyslogFacility facility_of(std::string_view name) {
  static constexpr std::pair<std::string_view, emit::SyslogFacility> kNames[] = {
      {"user", emit::SyslogFacility::user},     {"daemon", emit::SyslogFacility::daemon}, {"authpriv", emit::SyslogFacility::authpriv},
      {"local0", emit::SyslogFacility::local0}, {"local1", emit::SyslogFacility::local1}, {"local2", emit::SyslogFacility::local2},
      {"local3", emit::SyslogFacility::local3}, {"local4", emit::SyslogFacility::local4}, {"local5", emit::SyslogFacility::local5},
      {"local6", emit::SyslogFacility::local6}, {"local7", emit::SyslogFacility::local7}};
  for (const auto& [known, facility] : kNames) {
    if (known == name) return facility;
  }
  return emit::SyslogFacility::daemon;
}

/// "tcp://[::1]:601" into host and port; the port may be missing.
void split_host_and_port(std::string_view text, std::string& host, std::string& port) {
  const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  const auto colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos ? text.find(':') == colon : colon > bracket);
  host = bracket != std::string_view::npos ? text.substr(1, bracket - 1) : text.substr(0, has_port ? colon : std::string_view::npos);
  if (has_port) port = text.substr(colon + 1);
}

Result<std::unique_ptr<emit::Sink>> make_syslog(boost::asio::any_io_executor executor, const config::Receiver& receiver,
                                                const std::string& host) {
  static constexpr std::pair<std::string_view, emit::SyslogTransport> kSchemes[] = {
      {"udp://", emit::SyslogTransport::udp}, {"tcp://", emit::SyslogTransport::tcp}, {"tls://", emit::SyslogTransport::tls}};
  emit::SyslogOptions options;
  options.name = receiver.name;
  options.tls = tls_options(receiver);
  options.format.facility = facility_of(receiver.facility);
  options.format.hostname = host;
  options.format.process_id = std::to_string(getpid());
  if (receiver.address.starts_with("unix:")) options.path = receiver.address.substr(5);
  for (const auto& [scheme, transport] : kSchemes) {
    if (!receiver.address.starts_with(scheme)) continue;
    options.transport = transport;
    split_host_and_port(std::string_view(receiver.address).substr(scheme.size()), options.host, options.port);
  }
  if (options.transport == emit::SyslogTransport::tcp || options.transport == emit::SyslogTransport::tls) options.format.limit_bytes = 8192;
  TRY(auto sink, emit::SyslogSink::create(std::move(executor), std::move(options)));
  return std::unique_ptr<emit::Sink>(std::move(sink));
}

}  // namespace

Result<std::unique_ptr<emit::Sink>> make_sink(boost::asio::any_io_executor executor, const config::Receiver& receiver,
                                              const std::string& host) {
  return receiver.type == config::Receiver::Type::webhook ? make_webhook(std::move(executor), receiver)
                                                          : make_syslog(std::move(executor), receiver, host);
}

}  // namespace handshaked::stages
