#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/language.h"
#include "config/sources.h"

namespace handshaked::config {

/// Whom to tell, and how: one [[receiver]] table.
///
/// A secret (an address that holds a token, a signing key, a routing key) is never in the
/// configuration: the keys that end in
/// `_file` name a file that holds it, or "credential:NAME" for a credential that systemd hands
/// over.
struct Receiver {
  enum class Type {
    webhook,
    alertmanager,
    pagerduty,
    slack,
    teams,
    discord,
    mattermost,
    feishu,
    dingtalk,
    wecom,
    handshaked,
    nats,
    kafka,
    syslog,
    file
  };
  /// What a webhook is sent.
  enum class Format { cloudevents, cloudevents_binary, alertmanager, user_template };

  Type type = Type::syslog;
  Format format = Format::cloudevents;
  std::string name;
  Language language = Language::en;
  bool show_clients = false;  ///< client addresses whole

  std::string url;       ///< webhook, alertmanager, pagerduty
  std::string url_file;  ///< instead of `url`; the only way for chat services
  std::vector<std::string>
      secret_files;  ///< webhook: "whsec_…", several while rotating; feishu, dingtalk: one
  std::string authorization_file;  ///< webhook, alertmanager: value of the header Authorization
  std::string token_file;          ///< handshaked: what its [[edge]] source asks for
  std::chrono::milliseconds heartbeat_interval{
      60'000};                   ///< handshaked: how often it hears that we are there
  std::string routing_key_file;  ///< pagerduty
  std::string template_file;     ///< webhook with format "template"
  std::string content_type = "application/json";  ///< of that template
  std::chrono::milliseconds resend_interval{
      60'000};  ///< alertmanager: how often it is reminded of what is open
  std::string ca_file, client_certificate, client_key;  ///< TLS, PEM
  std::chrono::milliseconds timeout{10'000};            ///< for one attempt
  std::optional<std::uint32_t> concurrency;  ///< sends at once; nothing: what suits the type
  std::optional<std::uint32_t>
      messages_per_minute;  ///< 0: no limit; nothing: what the service allows
  std::string fallback;     ///< receiver that gets what this one did not; empty: none
  std::chrono::milliseconds fallback_after{300'000};  ///< … after it has waited so long

  NatsServers nats;  ///< nats: how its servers are reached
  std::string subject,
      stream;  ///< nats: where events are published; the stream that must take them, empty: any
  KafkaBrokers kafka;            ///< kafka: how its brokers are reached
  std::string topic;             ///< kafka: where events are published
  bool speaks_as_edge = false;   ///< nats, kafka: to a central daemon, as type handshaked does
  std::uint32_t partitions = 1;  ///< … that is a group of so many: events go by fingerprint

  std::string address = "unix:/dev/log";  ///< syslog: "udp://host:514", "tcp://host:601",
                                          ///< "tls://host:6514", "unix:/path"
  std::string facility = "daemon";
  std::string path;  ///< file: lines of JSON

  std::string configured_in;  ///< the file it stands in; empty: built in
  unsigned line = 0;

  /// Its messages are read by people as they come: rate limits, digests, and no `updated` events.
  bool is_for_people() const {
    switch (type) {
      case Type::slack:
      case Type::teams:
      case Type::discord:
      case Type::mattermost:
      case Type::feishu:
      case Type::dingtalk:
      case Type::wecom: return true;
      default: return false;
    }
  }
};

/// As it stands in the configuration: "webhook".
std::string_view type_name(Receiver::Type type);

}  // namespace handshaked::config
