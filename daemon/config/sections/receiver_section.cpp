#include "config/sections/sections.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace handshaked::config {

using Type = Receiver::Type;
using Format = Receiver::Format;

namespace {

constexpr std::pair<std::string_view, Type> kTypes[] = {{"webhook", Type::webhook},
                                                        {"alertmanager", Type::alertmanager},
                                                        {"pagerduty", Type::pagerduty},
                                                        {"slack", Type::slack},
                                                        {"teams", Type::teams},
                                                        {"discord", Type::discord},
                                                        {"mattermost", Type::mattermost},
                                                        {"feishu", Type::feishu},
                                                        {"dingtalk", Type::dingtalk},
                                                        {"wecom", Type::wecom},
                                                        {"handshaked", Type::handshaked},
                                                        {"nats", Type::nats},
                                                        {"kafka", Type::kafka},
                                                        {"syslog", Type::syslog},
                                                        {"file", Type::file}};
constexpr std::pair<std::string_view, Format> kFormats[] = {
    {"cloudevents", Format::cloudevents},
    {"cloudevents-binary", Format::cloudevents_binary},
    {"alertmanager", Format::alertmanager},
    {"template", Format::user_template}};
constexpr std::pair<std::string_view, Language> kLanguages[] = {{"en", Language::en},
                                                                {"zh", Language::zh}};
constexpr std::array<std::string_view, 11> kFacilities = {"user",   "daemon", "authpriv", "local0",
                                                          "local1", "local2", "local3",   "local4",
                                                          "local5", "local6", "local7"};

/// Properties of librdkafka that carry what a receiver promises.
constexpr std::array<std::string_view, 7> kOwnOfKafkaReceivers = {
    "enable.idempotence",    "acks",
    "request.required.acks", "message.timeout.ms",
    "delivery.timeout.ms",   "enable.gapless.guarantee",
    "transactional.id"};

bool is_http_url(std::string_view url) {
  return url.starts_with("https://") || url.starts_with("http://");
}

/// The receivers that HTTP reaches; of some the address itself is the secret, so that it may not
/// stand in the configuration.
void read_http(TableReader& table, Receiver& receiver) {
  const std::string type(type_name(receiver.type));
  table.text("url_file", receiver.url_file);
  if (receiver.is_for_people()) {
    if (table.has("url"))
      table.complain_about(
          "url", "the address of a " + type +
                     " receiver is a secret: put it into a file and name that as url_file");
    else if (receiver.url_file.empty())
      table.complain("a " + type + " receiver needs url_file: a file that holds its address");
    table.text("url", receiver.url);
    receiver.url.clear();
  } else {
    table.text("url", receiver.url);
    if (!receiver.url.empty() && !receiver.url_file.empty())
      table.complain("url and url_file exclude each other");
    const bool has_standard_url = receiver.type == Type::pagerduty;
    const bool is_missing = receiver.url.empty() && receiver.url_file.empty() && !has_standard_url;
    if (is_missing || (!receiver.url.empty() && !is_http_url(receiver.url)))
      table.complain("a " + type +
                     " receiver needs a url that begins with https:// or http://, or a url_file");
  }
  table.text("ca_file", receiver.ca_file);
  table.text("client_certificate", receiver.client_certificate);
  table.text("client_key", receiver.client_key);
  std::uint32_t concurrency = 0;
  table.count("concurrency", concurrency, 1, 64);
  if (concurrency != 0) receiver.concurrency = concurrency;
}

void read_webhook(TableReader& table, Receiver& receiver) {
  read_http(table, receiver);
  table.texts("secret_files", receiver.secret_files);
  table.text("authorization_file", receiver.authorization_file);
  table.choice("format", receiver.format, kFormats);
  const bool is_template = receiver.format == Format::user_template;
  if (is_template) {
    table.text("template_file", receiver.template_file);
    table.text("content_type", receiver.content_type);
    if (receiver.template_file.empty())
      table.complain("format = \"template\" needs a template_file");
    const bool breaks_header = receiver.content_type.find_first_of("\r\n") != std::string::npos ||
                               receiver.content_type.empty();
    if (breaks_header)
      table.complain_about("content_type", "content_type must be one line of text");
  } else if (table.has("template_file")) {
    std::string ignored;
    table.text("template_file", ignored);
    table.complain_about("template_file", "template_file is only used with format = \"template\"");
  }
}

void read_signed_chat(TableReader& table, Receiver& receiver) {
  read_http(table, receiver);
  table.texts("secret_files", receiver.secret_files);
  if (receiver.secret_files.size() > 1)
    table.complain_about("secret_files", std::string(type_name(receiver.type)) +
                                             " takes one secret: secret_files must name one file");
}

void read_syslog(TableReader& table, Receiver& receiver) {
  table.text("address", receiver.address);
  table.text("facility", receiver.facility);
  table.text("ca_file", receiver.ca_file);
  table.text("client_certificate", receiver.client_certificate);
  table.text("client_key", receiver.client_key);
  const auto is = [&](std::string_view scheme) { return receiver.address.starts_with(scheme); };
  if (!is("udp://") && !is("tcp://") && !is("tls://") && !is("unix:/"))
    table.complain(
        "address must be udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT or unix:/PATH");
  if (std::find(kFacilities.begin(), kFacilities.end(), receiver.facility) == kFacilities.end())
    table.complain("\"" + receiver.facility +
                   "\" is not a facility that can be used here: choose user, daemon, authpriv, "
                   "local0 to local7");
}

void read_heartbeat(TableReader& table, Receiver& receiver) {
  table.duration("heartbeat_interval", receiver.heartbeat_interval);
  if (receiver.heartbeat_interval < std::chrono::milliseconds(100))
    table.complain_about("heartbeat_interval", "heartbeat_interval must be 100ms or more");
}

/// Events, or what an edge says.
void read_what_is_carried(TableReader& table, Receiver& receiver) {
  static constexpr std::pair<std::string_view, bool> kCarries[] = {{"events", false},
                                                                   {"edges", true}};
  table.choice("carries", receiver.speaks_as_edge, kCarries);
  if (!receiver.speaks_as_edge) return;
  read_heartbeat(table, receiver);
  table.count("partitions", receiver.partitions, 1, kMostPartitions);
}

bool names_partition(std::string_view subject) {
  return subject.find(kPartitionWord) != std::string_view::npos;
}

void read_nats_receiver(TableReader& table, Receiver& receiver) {
  read_nats_servers(table, receiver.nats);
  table.text("subject", receiver.subject);
  table.text("stream", receiver.stream);
  read_what_is_carried(table, receiver);
  if (!is_nats_subject(receiver.subject, false))
    table.complain(
        "a nats receiver needs a subject to publish to, without blanks and wildcards: subject = "
        "\"handshaked.events\"");
  if (receiver.partitions > 1 && !names_partition(receiver.subject))
    table.complain_about("partitions",
                         "with partitions, the subject names them: subject = "
                         "\"handshaked.edges.{partition}.proxy-8\"");
  if (!table.has("partitions") && names_partition(receiver.subject))
    table.complain_about("subject",
                         "the subject has {partition}, so partitions must say how many the group "
                         "at the centre has, and carries must be \"edges\"");
}

void read_kafka_receiver(TableReader& table, Receiver& receiver) {
  read_kafka_brokers(table, receiver.kafka, kOwnOfKafkaReceivers, "brokers, topic and timeout");
  table.text("topic", receiver.topic);
  read_what_is_carried(table, receiver);
  if (!is_kafka_topic(receiver.topic))
    table.complain(
        "a kafka receiver needs a topic to publish to, of letters, digits, dots, - and _: topic = "
        "\"handshaked-events\"");
}

void read_what_the_type_needs(TableReader& table, Receiver& receiver) {
  switch (receiver.type) {
    case Type::webhook: read_webhook(table, receiver); return;
    case Type::alertmanager:
      read_http(table, receiver);
      table.text("authorization_file", receiver.authorization_file);
      table.duration("resend_interval", receiver.resend_interval);
      if (receiver.resend_interval < std::chrono::seconds(1))
        table.complain_about("resend_interval", "resend_interval must be 1s or more");
      return;
    case Type::pagerduty:
      read_http(table, receiver);
      table.text("routing_key_file", receiver.routing_key_file);
      if (receiver.routing_key_file.empty())
        table.complain("a pagerduty receiver needs routing_key_file: a file that holds its key");
      return;
    case Type::feishu:
    case Type::dingtalk: read_signed_chat(table, receiver); return;
    case Type::slack:
    case Type::teams:
    case Type::discord:
    case Type::mattermost:
    case Type::wecom: read_http(table, receiver); return;
    case Type::handshaked:
      read_http(table, receiver);
      table.text("token_file", receiver.token_file);
      read_heartbeat(table, receiver);
      return;
    case Type::nats: read_nats_receiver(table, receiver); return;
    case Type::kafka: read_kafka_receiver(table, receiver); return;
    case Type::syslog: read_syslog(table, receiver); return;
    case Type::file:
      table.text("path", receiver.path);
      if (!receiver.path.starts_with('/'))
        table.complain("a file receiver needs a path that begins with /");
      return;
  }
}

}  // namespace

std::string_view type_name(Type type) {
  for (const auto& [name, meaning] : kTypes)
    if (meaning == type) return name;
  return "";
}

void read_receiver(TableReader& table, Config& config) {
  Receiver receiver;
  receiver.language = config.language;
  receiver.configured_in = table.file();
  receiver.line = table.line();
  if (!table.has("type"))
    table.complain(
        "a receiver needs a type: \"webhook\", \"syslog\", \"slack\" or another in "
        "handshaked.toml(5)");
  table.choice("type", receiver.type, kTypes);
  table.text("name", receiver.name);
  table.choice("language", receiver.language, kLanguages);
  table.choice("lang", receiver.language, kLanguages);
  table.flag("show_clients", receiver.show_clients);
  table.duration("timeout", receiver.timeout);
  table.text("fallback", receiver.fallback);
  table.duration("fallback_after", receiver.fallback_after);
  if (table.has("messages_per_minute")) {
    std::uint32_t messages = 0;
    table.count("messages_per_minute", messages, 0, 60'000);
    receiver.messages_per_minute = messages;
  }
  read_what_the_type_needs(table, receiver);
  if (receiver.timeout < std::chrono::milliseconds(100))
    table.complain_about("timeout", "timeout must be 100ms or more");
  if (receiver.client_certificate.empty() != receiver.client_key.empty())
    table.complain("client_certificate and client_key go together");
  if (receiver.name.empty()) receiver.name = type_name(receiver.type);
  const bool taken =
      std::any_of(config.receivers.begin(), config.receivers.end(),
                  [&](const Receiver& other) { return other.name == receiver.name; });
  if (taken)
    table.complain("two receivers are named \"" + receiver.name +
                   "\"; give each a name of its own");
  config.receivers.push_back(std::move(receiver));
}

void check_receivers(const Config& config, std::vector<ConfigProblem>& problems) {
  for (const Receiver& receiver : config.receivers) {
    if (receiver.fallback.empty()) continue;
    const bool is_known =
        std::any_of(config.receivers.begin(), config.receivers.end(),
                    [&](const Receiver& other) { return other.name == receiver.fallback; });
    if (receiver.fallback == receiver.name)
      problems.push_back({receiver.configured_in, receiver.line, 1,
                          "receiver \"" + receiver.name + "\" is its own fallback"});
    else if (!is_known)
      problems.push_back(
          {receiver.configured_in, receiver.line, 1,
           "fallback names the receiver \"" + receiver.fallback + "\", which does not exist"});
  }
}

}  // namespace handshaked::config
