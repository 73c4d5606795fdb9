#include "config/sections/sections.h"

#include <algorithm>
#include <charconv>

#include "net/address_list.h"
#include "net/endpoint.h"

namespace handshaked::config {
namespace {

using net::Endpoint;

void read_socket_mode(TableReader& table, int& into) {
  std::string text;
  table.text("socket_mode", text);
  if (text.empty()) return;
  int mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size() || mode < 0 || mode > 0777)
    table.complain_about("socket_mode", "socket_mode must be an octal mode such as \"0660\"");
  else into = mode;
}

void check_access(TableReader& table, const NetworkSource& source, const Endpoint& endpoint,
                  bool has_token) {
  const bool has_clients =
      endpoint.transport == Endpoint::Transport::tls && !source.client_ca.empty();
  if (endpoint.is_local() || !source.allow.empty() || has_clients || has_token ||
      source.open_to_all)
    return;
  const std::string_view reach =
      endpoint.inherited.empty() ? " can be reached" : " may be reachable";
  table.complain_about(
      "listen", endpoint.text + std::string(reach) +
                    " from other hosts: say who may send (allow = [\"10.0.0.0/8\"], or TLS with "
                    "client_ca), or that everybody may (open_to_all = true)");
}

constexpr std::int64_t kLeastRecord = 4 * 1024;
constexpr std::int64_t kMostRecord = 16 * 1024 * 1024;

/// These protocols need connections.
void refuse_datagrams(TableReader& table, const NetworkSource& source) {
  for (const std::string& text : source.listen) {
    const auto endpoint = net::parse_endpoint(text);
    if (endpoint && !endpoint.value().is_stream())
      table.complain_about("listen", text + " takes datagrams; use tcp://, tls:// or unix:");
  }
}

constexpr std::size_t kMostLabels = 16;
constexpr std::size_t kLongestLabel = 64;
constexpr std::uint32_t kUsualConnections = 10'000;  // an edge keeps one open

bool is_label_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestLabel &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
             std::string_view::npos &&
         name.front() >= 'a';
}

}  // namespace

void name_source(TableReader& table, std::string_view section, std::string& name,
                 std::vector<std::string>& names) {
  const auto is_taken = [&names](const std::string& other) {
    return std::find(names.begin(), names.end(), other) != names.end();
  };
  if (name.empty()) {
    name = section;
    for (int number = 2; is_taken(name); ++number)
      name = std::string(section) + "-" + std::to_string(number);
  } else if (name.starts_with('/')) {
    table.complain_about("name", "name must not begin with a slash: it would look like a file");
  } else if (is_taken(name)) {
    table.complain_about("name",
                         "two sources are named \"" + name + "\"; give each a name of its own");
  }
  names.push_back(name);
}

void read_network_source(TableReader& table, std::string_view section, NetworkSource& source,
                         std::vector<std::string>& names, bool has_token) {
  static constexpr std::pair<std::string_view, bool> kHostFrom[] = {{"message", true},
                                                                    {"sender", false}};
  table.text("name", source.name);
  table.texts("listen", source.listen);
  table.texts("allow", source.allow);
  table.flag("open_to_all", source.open_to_all);
  table.text("time_zone", source.time_zone);
  table.text("host", source.host);
  table.choice("host_from", source.sender_names_host, kHostFrom);
  table.text("certificate", source.certificate);
  table.text("key", source.key);
  table.text("client_ca", source.client_ca);
  table.count("max_connections", source.max_connections, 1, 100'000);
  table.duration("silent_after", source.silent_after);
  read_socket_mode(table, source.socket_mode);
  name_source(table, section, source.name, names);

  if (source.listen.empty())
    table.complain("a [[" + std::string(section) + "]] needs listen: at least one address");
  if (source.certificate.empty() != source.key.empty())
    table.complain("certificate and key belong together");
  if (!source.client_ca.empty() && source.certificate.empty())
    table.complain("client_ca needs TLS: certificate and key");
  for (const std::string& text : source.listen) {
    const auto endpoint = net::parse_endpoint(text);
    if (!endpoint) {
      table.complain_about("listen", endpoint.error().context());
      continue;
    }
    if (endpoint.value().transport == Endpoint::Transport::tls && source.certificate.empty())
      table.complain_about("listen", text + " needs certificate and key");
    check_access(table, source, endpoint.value(), has_token);
  }
  if (const auto allowed = net::AddressList::parse(source.allow); !allowed)
    table.complain_about("allow", allowed.error().context());
}

void read_field_names(TableReader& table, receive::FieldNames& names) {
  table.texts("text_fields", names.text);
  table.texts("host_fields", names.host);
  table.texts("time_fields", names.time);
  if (names.text.empty())
    table.complain_about("text_fields", "text_fields must name at least one field");
}

void read_syslog(TableReader& table, Config& config) {
  SyslogSource source;
  read_network_source(table, "syslog", source.network, config.network_names);
  table.count("max_message", source.max_message, 1024, 128 * 1024);
  table.count("max_datagram", source.max_datagram, 1024, 65535);
  table.duration("idle_timeout", source.idle_timeout);
  config.syslog.push_back(std::move(source));
}

void read_http(TableReader& table, Config& config) {
  HttpSource source;
  table.texts("token_files", source.token_files);
  read_network_source(table, "http", source.network, config.network_names,
                      !source.token_files.empty());
  read_field_names(table, source.fields);
  table.texts("journal_units", source.journal_units);
  table.texts("journal_identifiers", source.journal_identifiers);
  table.count("max_body_mib", source.max_body_mib, 1, 1024);
  table.duration("idle_timeout", source.idle_timeout);
  for (const std::string& address : source.network.listen) {
    if (address.starts_with("udp:") || address.starts_with("unixgram:"))
      table.complain_about("listen", address + ": HTTP needs a stream");
  }
  config.http.push_back(std::move(source));
}

void read_forward(TableReader& table, Config& config) {
  ForwardSource source;
  table.text("shared_key_file", source.shared_key_file);
  table.text("users_file", source.users_file);
  read_network_source(table, "forward", source.network, config.network_names,
                      !source.shared_key_file.empty());
  refuse_datagrams(table, source.network);
  read_field_names(table, source.fields);
  table.count("max_record", source.max_record, kLeastRecord, kMostRecord);
  table.duration("idle_timeout", source.idle_timeout);
  if (!source.users_file.empty() && source.shared_key_file.empty())
    table.complain_about("users_file", "users_file needs shared_key_file");
  config.forward.push_back(std::move(source));
}

void read_lumberjack(TableReader& table, Config& config) {
  LumberjackSource source;
  read_network_source(table, "lumberjack", source.network, config.network_names);
  refuse_datagrams(table, source.network);
  read_field_names(table, source.fields);
  table.count("max_record", source.max_record, kLeastRecord, kMostRecord);
  table.duration("idle_timeout", source.idle_timeout);
  config.lumberjack.push_back(std::move(source));
}

void read_edge(TableReader& table, Config& config) {
  EdgeSource source;
  source.network.max_connections = kUsualConnections;
  source.network.silent_after = std::chrono::minutes(3);
  table.texts("token_files", source.token_files);
  read_network_source(table, "edge", source.network, config.network_names,
                      !source.token_files.empty());
  for (const std::string& address : source.network.listen) {
    if (address.starts_with("udp:") || address.starts_with("unixgram:"))
      table.complain_about("listen", address + ": HTTP needs a stream");
  }
  if (source.network.silent_after < std::chrono::seconds(1))
    table.complain_about("silent_after", "silent_after must be 1s or more");
  config.edges.push_back(std::move(source));
}

void read_labels(TableReader& table, Labels& labels) {
  for (const std::string& name : table.names()) {
    std::string value = name;  // stays so where it is no text, which is a problem already
    table.text(name, value);
    if (!is_label_name(name))
      table.complain_about(
          name,
          "a label name consists of lower-case letters, digits and _, and begins with a letter");
    else if (value.empty() || value.size() > kLongestLabel)
      table.complain_about(
          name, "the value of a label has 1 to " + std::to_string(kLongestLabel) + " bytes");
    else if (labels.size() >= kMostLabels)
      table.complain_about(name, "more than " + std::to_string(kMostLabels) + " labels");
    else labels.emplace(name, value);
  }
}

}  // namespace handshaked::config
