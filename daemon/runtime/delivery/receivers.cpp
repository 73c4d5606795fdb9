#include "runtime/delivery/receivers.h"

#include <unistd.h>

#include <algorithm>
#include <span>

#include <boost/asio/io_context.hpp>

#include "base/digest.h"
#include "base/json/json_writer.h"
#include "emit/alertmanager_notifier.h"
#include "emit/engine_notifier.h"
#include "emit/file_notifier.h"
#include "emit/syslog/syslog_notifier.h"
#include "emit/webhook_notifier.h"
#include "engine/nats/nats_publisher.h"
#include "format/alertmanager_format.h"
#include "format/chat/chat_formats.h"
#include "format/cloudevents_format.h"
#include "format/digest.h"
#include "format/pagerduty_format.h"
#include "format/template_format.h"
#include "runtime/delivery/secret_path.h"
#include "runtime/network/engine_connections.h"

namespace handshaked::runtime {
namespace {

constexpr std::size_t kTemplateLimit = 64 * 1024;
constexpr const char* kPagerdutyUrl = "https://events.pagerduty.com/v2/enqueue";
constexpr const char* kAnyUrl =
    "https://handed-over.invalid/";  // for one that check_receiver() cannot see

Result<std::string> read_optional_secret(const std::string& file) {
  if (file.empty()) return std::string();
  return read_secret(file);
}

Result<std::string> url_of(const config::Receiver& receiver) {
  if (!receiver.url_file.empty()) return read_secret(receiver.url_file);
  if (receiver.url.empty() && receiver.type == config::Receiver::Type::pagerduty)
    return std::string(kPagerdutyUrl);
  return receiver.url;
}

net::TlsClientOptions tls_options(const config::Receiver& receiver) {
  return {.ca_file = receiver.ca_file,
          .certificate_file = receiver.client_certificate,
          .key_file = receiver.client_key};
}

net::HttpClientOptions http_options(const config::Receiver& receiver) {
  net::HttpClientOptions http;
  http.first_byte = http.whole = receiver.timeout;
  http.idle_connections = receiver_concurrency(receiver);
  return http;
}

Result<std::string> only_secret(const config::Receiver& receiver) {
  return receiver.secret_files.empty() ? Result<std::string>(std::string())
                                       : read_secret(receiver.secret_files.front());
}

Result<format::WireFormat> template_of(const config::Receiver& receiver) {
  TRY(const std::string text, read_limited(receiver.template_file, kTemplateLimit));
  auto made = format::template_format(text, receiver.content_type, receiver.language);
  if (!made) return made.error().wrapped("the template " + receiver.template_file);
  return made;
}

Result<format::WireFormat> format_of(const config::Receiver& receiver) {
  using Type = config::Receiver::Type;
  using Format = config::Receiver::Format;
  const Language language = receiver.language;
  switch (receiver.type) {
    case Type::slack: return format::slack_format(language);
    case Type::teams: return format::teams_format(language);
    case Type::discord: return format::discord_format(language);
    case Type::mattermost: return format::mattermost_format(language);
    case Type::wecom: return format::wecom_format(language);
    case Type::feishu: {
      TRY(std::string secret, only_secret(receiver));
      return format::feishu_format(language, std::move(secret));
    }
    case Type::dingtalk: {
      TRY(std::string secret, only_secret(receiver));
      return format::dingtalk_format(language, std::move(secret));
    }
    case Type::pagerduty: {
      TRY(std::string key, read_secret(receiver.routing_key_file));
      return format::pagerduty_format(language, std::move(key));
    }
    default: break;
  }
  switch (receiver.format) {
    case Format::cloudevents: return format::cloudevents_structured_format();
    case Format::cloudevents_binary: return format::cloudevents_binary_format();
    case Format::alertmanager: return format::alertmanager_webhook_format(language, receiver.name);
    case Format::user_template: return template_of(receiver);
  }
  return format::cloudevents_structured_format();
}

Result<std::unique_ptr<emit::Notifier>> make_webhook(boost::asio::any_io_executor executor,
                                                     const config::Receiver& receiver) {
  emit::WebhookOptions options;
  options.name = receiver.name;
  TRY(options.url, url_of(receiver));
  TRY(options.format, format_of(receiver));
  TRY(options.authorization, read_optional_secret(receiver.authorization_file));
  options.tls = tls_options(receiver);
  options.http = http_options(receiver);
  options.user_agent = "handshaked/" HANDSHAKED_VERSION;
  if (receiver.type == config::Receiver::Type::webhook) {
    for (const std::string& file : receiver.secret_files) {
      TRY(auto secret, read_secret(file));
      options.secrets.push_back(std::move(secret));
    }
  }
  TRY(auto notifier, emit::WebhookNotifier::create(std::move(executor), std::move(options)));
  return std::unique_ptr<emit::Notifier>(std::move(notifier));
}

Result<std::unique_ptr<emit::Notifier>> make_alertmanager(boost::asio::any_io_executor executor,
                                                          const config::Receiver& receiver) {
  emit::AlertmanagerOptions options;
  options.name = receiver.name;
  TRY(options.url, url_of(receiver));
  TRY(options.authorization, read_optional_secret(receiver.authorization_file));
  options.language = receiver.language;
  options.tls = tls_options(receiver);
  options.http = http_options(receiver);
  options.user_agent = "handshaked/" HANDSHAKED_VERSION;
  options.resend_interval = receiver.resend_interval;
  options.hold = 5 * receiver.resend_interval;
  TRY(auto notifier, emit::AlertmanagerNotifier::create(std::move(executor), std::move(options)));
  return std::unique_ptr<emit::Notifier>(std::move(notifier));
}

Result<std::unique_ptr<emit::Notifier>> make_edge(boost::asio::any_io_executor executor,
                                                  const config::Receiver& receiver,
                                                  emit::DescribeEdge describe) {
  emit::EdgeNotifierOptions options;
  options.name = receiver.name;
  TRY(options.url, url_of(receiver));
  TRY(options.authorization, read_optional_secret(receiver.token_file));
  if (!options.authorization.empty()) options.authorization = "Bearer " + options.authorization;
  options.tls = tls_options(receiver);
  options.http = http_options(receiver);
  options.http.first_byte = options.http.whole = std::max<std::chrono::milliseconds>(
      receiver.timeout, std::chrono::seconds(30));  // it answers after its commit
  options.user_agent = "handshaked/" HANDSHAKED_VERSION;
  options.heartbeat_interval = receiver.heartbeat_interval;
  options.describe = std::move(describe);
  TRY(auto notifier, emit::EdgeNotifier::create(std::move(executor), std::move(options)));
  return std::unique_ptr<emit::Notifier>(std::move(notifier));
}

Result<std::unique_ptr<engine::Publisher>> make_publisher(const config::Receiver& receiver) {
  if (receiver.type == config::Receiver::Type::kafka) {
    TRY(auto options, kafka_publisher_options(receiver));
    TRY(engine::check_kafka_publisher(options));
    return engine::make_kafka_publisher(std::move(options));
  }
  if (const std::string why = engine::why_no_nats(); !why.empty())
    return fail(ErrorCode::invalid_configuration, why);
  TRY(auto connection, nats_options(receiver.nats));
  connection.timeout = receiver.timeout;
  return std::unique_ptr<engine::Publisher>(std::make_unique<engine::NatsPublisher>(
      std::move(connection), config::subjects_of(receiver), receiver.stream));
}

Result<std::unique_ptr<emit::Notifier>> make_engine(const config::Receiver& receiver,
                                                    const std::string& host,
                                                    emit::DescribeEdge describe) {
  emit::EngineNotifierOptions options{.name = receiver.name,
                                      .publisher = {},
                                      .host = host,
                                      .partitions = receiver.partitions,
                                      .heartbeat_interval = receiver.heartbeat_interval};
  TRY(options.publisher, make_publisher(receiver));
  if (receiver.speaks_as_edge) options.describe = std::move(describe);
  return std::unique_ptr<emit::Notifier>(
      std::make_unique<emit::EngineNotifier>(std::move(options)));
}

emit::SyslogFacility facility_of(std::string_view name) {
  static constexpr std::pair<std::string_view, emit::SyslogFacility> kNames[] = {
      {"user", emit::SyslogFacility::user},         {"daemon", emit::SyslogFacility::daemon},
      {"authpriv", emit::SyslogFacility::authpriv}, {"local0", emit::SyslogFacility::local0},
      {"local1", emit::SyslogFacility::local1},     {"local2", emit::SyslogFacility::local2},
      {"local3", emit::SyslogFacility::local3},     {"local4", emit::SyslogFacility::local4},
      {"local5", emit::SyslogFacility::local5},     {"local6", emit::SyslogFacility::local6},
      {"local7", emit::SyslogFacility::local7}};
  for (const auto& [known, facility] : kNames) {
    if (known == name) return facility;
  }
  return emit::SyslogFacility::daemon;
}

/// "tcp://[::1]:601" into host and port; the port may be missing.
void split_host_and_port(std::string_view text, std::string& host, std::string& port) {
  const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  const auto colon = text.rfind(':');
  const bool has_port =
      colon != std::string_view::npos &&
      (bracket == std::string_view::npos ? text.find(':') == colon : colon > bracket);
  host = bracket != std::string_view::npos
             ? text.substr(1, bracket - 1)
             : text.substr(0, has_port ? colon : std::string_view::npos);
  if (has_port) port = text.substr(colon + 1);
}

Result<std::unique_ptr<emit::Notifier>> make_syslog(boost::asio::any_io_executor executor,
                                                    const config::Receiver& receiver,
                                                    const std::string& host) {
  static constexpr std::pair<std::string_view, emit::SyslogTransport> kSchemes[] = {
      {"udp://", emit::SyslogTransport::udp},
      {"tcp://", emit::SyslogTransport::tcp},
      {"tls://", emit::SyslogTransport::tls}};
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
    split_host_and_port(std::string_view(receiver.address).substr(scheme.size()), options.host,
                        options.port);
  }
  if (options.transport == emit::SyslogTransport::tcp ||
      options.transport == emit::SyslogTransport::tls)
    options.format.limit_bytes = 8192;
  TRY(auto notifier, emit::SyslogNotifier::create(std::move(executor), std::move(options)));
  return std::unique_ptr<emit::Notifier>(std::move(notifier));
}

/// Below what the services allow (Slack 60 a minute; Discord 30; DingTalk and WeCom 20; Feishu 100;
/// Teams 240), and below what people read.
std::size_t usual_messages_per_minute(config::Receiver::Type type) {
  using Type = config::Receiver::Type;
  switch (type) {
    case Type::dingtalk:
    case Type::wecom: return 18;
    case Type::slack:
    case Type::teams:
    case Type::discord:
    case Type::mattermost:
    case Type::feishu: return 25;
    default: return 0;
  }
}

}  // namespace

Result<std::unique_ptr<emit::Notifier>> make_notifier(boost::asio::any_io_executor executor,
                                                      const config::Receiver& receiver,
                                                      const std::string& host,
                                                      emit::DescribeEdge describe) {
  using Type = config::Receiver::Type;
  switch (receiver.type) {
    case Type::handshaked: return make_edge(std::move(executor), receiver, std::move(describe));
    case Type::nats:
    case Type::kafka: return make_engine(receiver, host, std::move(describe));
    case Type::syslog: return make_syslog(std::move(executor), receiver, host);
    case Type::alertmanager: return make_alertmanager(std::move(executor), receiver);
    case Type::file: {
      TRY(auto notifier,
          emit::FileNotifier::create(std::move(executor), receiver.name, receiver.path));
      return std::unique_ptr<emit::Notifier>(std::move(notifier));
    }
    default: return make_webhook(std::move(executor), receiver);
  }
}

namespace {

boost::asio::awaitable<std::string> name_of_host(std::string host) {
  std::string out;
  JsonWriter(out).begin_object().member("host", host).end_object();
  co_return out;
}

}  // namespace

Result<std::unique_ptr<emit::Notifier>> make_trial_notifier(boost::asio::any_io_executor executor,
                                                            const config::Receiver& receiver,
                                                            const std::string& host) {
  return make_notifier(std::move(executor), receiver, host,
                       [host](const std::string&, bool) { return name_of_host(host); });
}

std::size_t receiver_concurrency(const config::Receiver& receiver) {
  if (receiver.concurrency) return *receiver.concurrency;
  return receiver.is_for_people() ? 1 : 8;  // people read in order
}

namespace {

/// Where its messages go to: a receiver with another one is another receiver.
std::string whom(const config::Receiver& receiver) {
  std::string where = std::string(config::type_name(receiver.type)) + '\n' + receiver.url + '\n' +
                      receiver.url_file + '\n' + receiver.address + '\n' + receiver.path;
  if (!receiver.subject.empty())
    where += '\n' + receiver.nats.servers.front() + '\n' + receiver.subject;
  if (!receiver.topic.empty())
    where += '\n' + receiver.kafka.addresses.front() + '\n' + receiver.topic;
  return sha256_hex(where, 16);
}

}  // namespace

emit::DeliveryWorkerOptions delivery_options(const config::Receiver& receiver) {
  emit::DeliveryWorkerOptions options;
  options.concurrency = receiver_concurrency(receiver);
  options.messages_per_minute =
      receiver.messages_per_minute.value_or(usual_messages_per_minute(receiver.type));
  options.fallback = receiver.fallback;
  options.fallback_after = receiver.fallback_after;
  options.whom = whom(receiver);
  if (receiver.is_for_people()) {
    options.make_digest = [language = receiver.language](
                              std::span<const event::RemediationEvent* const> events, Time now) {
      return format::make_digest(events, language, now);
    };
  }
  return options;
}

Result<> check_receiver(const config::Receiver& receiver) {
  boost::asio::io_context loop;
  if (is_out_of_reach(receiver.routing_key_file) || has_secret_out_of_reach(receiver.kafka))
    return success();
  config::Receiver within_reach = receiver;
  if (is_out_of_reach(receiver.url_file)) {
    within_reach.url_file.clear();
    within_reach.url = kAnyUrl;
  }
  std::erase_if(within_reach.secret_files, is_out_of_reach);
  if (is_out_of_reach(receiver.authorization_file)) within_reach.authorization_file.clear();
  if (is_out_of_reach(receiver.token_file)) within_reach.token_file.clear();
  for (std::string* file : {&within_reach.nats.credentials_file, &within_reach.nats.nkey_file,
                            &within_reach.nats.password_file, &within_reach.nats.token_file}) {
    if (is_out_of_reach(*file)) file->clear();
  }
  const auto notifier = make_notifier(loop.get_executor(), within_reach, "localhost");
  if (!notifier) return notifier.error();
  return success();
}

}  // namespace handshaked::runtime
