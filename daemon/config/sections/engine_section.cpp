#include "config/sections/sections.h"

#include <algorithm>
#include <array>
#include <functional>

namespace handshaked::config {
namespace {

/// Properties of librdkafka that carry what this program promises: of everybody, and of a source.
constexpr std::array<std::string_view, 3> kOwnProperties = {"bootstrap.servers",
                                                            "metadata.broker.list", "client.id"};
constexpr std::array<std::string_view, 7> kOwnOfSources = {"group.id",
                                                           "enable.auto.commit",
                                                           "enable.auto.offset.store",
                                                           "auto.offset.reset",
                                                           "partition.assignment.strategy",
                                                           "enable.partition.eof",
                                                           "group.instance.id"};
constexpr std::array<std::string_view, 6> kSecretProperties = {"sasl.password",
                                                               "ssl.key.password",
                                                               "ssl.keystore.password",
                                                               "ssl.key.pem",
                                                               "sasl.oauthbearer.client.secret",
                                                               "sasl.oauthbearer.config"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void read_engine(TableReader& table, std::string_view section, EngineSource& source,
                 std::vector<std::string>& names) {
  table.text("name", source.name);
  table.text("time_zone", source.time_zone);
  table.text("host", source.host);
  table.flag("from_start", source.from_start);
  table.duration("silent_after", source.silent_after);
  read_field_names(table, source.fields);
  name_source(table, section, source.name, names);
}

/// Lines, or what edges say, each of which is then watched by itself.
void read_what_is_carried(TableReader& table, EngineSource& source, bool& carries_edges) {
  static constexpr std::pair<std::string_view, bool> kCarries[] = {{"lines", false},
                                                                   {"edges", true}};
  table.choice("carries", carries_edges, kCarries);
  if (carries_edges && source.silent_after.count() == 0)
    source.silent_after = std::chrono::minutes(3);
}

/// A name that JetStream takes for a stream or a consumer.
bool is_nats_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 &&
         name.find_first_of(" \t\r\n.*>/\\") == std::string_view::npos;
}

/// What is wrong with a property of librdkafka; empty: nothing.
using FaultOfProperty = std::function<std::string(const std::string& name)>;

/// A table whose keys are such properties.
void read_properties(TableReader& table, std::map<std::string, std::string>& into,
                     const FaultOfProperty& fault_of) {
  for (const std::string& name : table.names()) {
    std::string value;
    table.text(name, value);
    if (const std::string fault = fault_of(name); !fault.empty())
      table.complain_about(name, name + fault);
    else if (value.empty()) table.complain_about(name, name + " needs a value, written as text");
    else into[name] = value;
  }
}

}  // namespace

bool is_nats_subject(std::string_view subject, bool may_have_wildcards) {
  if (subject.empty() || subject.size() > 255 || subject.front() == '.' || subject.back() == '.' ||
      subject.front() == '$')
    return false;
  if (subject.find_first_of(" \t\r\n") != std::string_view::npos ||
      subject.find("..") != std::string_view::npos)
    return false;
  return may_have_wildcards || subject.find_first_of("*>") == std::string_view::npos;
}

bool is_kafka_topic(std::string_view name) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !name.empty() && name.size() <= 249 && name != "." && name != ".." &&
         name.find_first_not_of(kLetters) == std::string_view::npos;
}

void read_nats_servers(TableReader& table, NatsServers& servers) {
  table.texts("servers", servers.servers);
  table.text("ca_file", servers.ca_file);
  table.text("client_certificate", servers.client_certificate);
  table.text("client_key", servers.client_key);
  table.text("credentials_file", servers.credentials_file);
  table.text("nkey", servers.nkey);
  table.text("nkey_file", servers.nkey_file);
  table.text("user", servers.user);
  table.text("password_file", servers.password_file);
  table.text("token_file", servers.token_file);
  if (servers.servers.empty())
    table.complain("servers are missing: servers = [\"nats://nats-1.example.com:4222\"]");
  for (const std::string& server : servers.servers) {
    const bool is_url = server.starts_with("nats://") || server.starts_with("tls://");
    if (!is_url)
      table.complain_about("servers", "\"" + server + "\" must begin with nats:// or tls://");
    else if (server.find('@') != std::string::npos)
      table.complain_about("servers",
                           "a server's address holds no user and no password: user and "
                           "password_file, or token_file, say them");
  }
  if (servers.client_certificate.empty() != servers.client_key.empty())
    table.complain("client_certificate and client_key go together");
  if (servers.nkey.empty() != servers.nkey_file.empty())
    table.complain("nkey (the public key) and nkey_file (its seed) go together");
  if (servers.user.empty() != servers.password_file.empty())
    table.complain("user and password_file go together");
  const int ways = !servers.credentials_file.empty() + !servers.nkey.empty() +
                   !servers.user.empty() + !servers.token_file.empty();
  if (ways > 1)
    table.complain(
        "there is one way to say who we are: credentials_file, nkey, user or token_file");
}

void read_kafka_brokers(TableReader& table, KafkaBrokers& brokers,
                        std::span<const std::string_view> own, std::string_view instead) {
  const auto fault_of_file = [&](const std::string& name) {
    return is_one_of(kOwnProperties, name) || is_one_of(own, name)
               ? " is handshaked's own: " + std::string(instead) + " say what may be said of it"
               : std::string();
  };
  const auto fault_of_value = [&](const std::string& name) {
    return is_one_of(kSecretProperties, name)
               ? " is a secret: put it into a file, and name that file in secret_files"
               : fault_of_file(name);
  };
  table.texts("brokers", brokers.addresses);
  table.table("properties", [&](TableReader& properties) {
    read_properties(properties, brokers.properties, fault_of_value);
  });
  table.table("secret_files", [&](TableReader& files) {
    read_properties(files, brokers.secret_files, fault_of_file);
  });
  if (brokers.addresses.empty())
    table.complain("brokers are missing: brokers = [\"kafka-1.example.com:9092\"]");
  for (const std::string& broker : brokers.addresses) {
    if (broker.empty() || broker.find_first_of(", \t\r\n") != std::string::npos)
      table.complain_about(
          "brokers", "\"" + broker + "\" must be HOST:PORT; each broker is a text of its own");
  }
}

void read_nats(TableReader& table, Config& config) {
  static constexpr std::pair<std::string_view, bool> kHostFrom[] = {{"message", false},
                                                                    {"subject", true}};
  NatsSource source;
  read_engine(table, "nats", source.engine, config.network_names);
  table.choice("host_from", source.engine.is_host_in_key, kHostFrom);
  read_nats_servers(table, source.servers);
  table.text("stream", source.stream);
  table.text("subject", source.subject);
  table.text("consumer", source.consumer);
  read_what_is_carried(table, source.engine, source.carries_edges);
  if (!is_nats_name(source.stream))
    table.complain(
        "stream must name the stream of JetStream that holds the lines, without blanks, dots and "
        "wildcards");
  if (!is_nats_name(source.consumer))
    table.complain_about("consumer", "the name of a consumer has no blanks, dots and wildcards");
  if (!source.subject.empty() && !is_nats_subject(source.subject, true))
    table.complain_about("subject", "that is not a subject of NATS");
  config.nats.push_back(std::move(source));
}

void read_kafka(TableReader& table, Config& config) {
  static constexpr std::pair<std::string_view, bool> kHostFrom[] = {{"message", false},
                                                                    {"key", true}};
  KafkaSource source;
  read_engine(table, "kafka", source.engine, config.network_names);
  table.choice("host_from", source.engine.is_host_in_key, kHostFrom);
  read_kafka_brokers(table, source.brokers, kOwnOfSources, "brokers, group and from_start");
  table.texts("topics", source.topics);
  table.text("group", source.group);
  read_what_is_carried(table, source.engine, source.carries_edges);
  if (source.topics.empty()) table.complain("topics are missing: topics = [\"nginx-errors\"]");
  if (source.group.empty()) table.complain_about("group", "group must not be empty");
  config.kafka.push_back(std::move(source));
}

}  // namespace handshaked::config
