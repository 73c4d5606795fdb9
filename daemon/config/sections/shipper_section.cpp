#include "config/sections/sections.h"

#include "net/endpoint.h"

namespace handshaked::config {
namespace {

constexpr std::int64_t kLeastRecord = 4 * 1024;
constexpr std::int64_t kMostRecord = 16 * 1024 * 1024;

/// These protocols need connections.
void refuse_datagrams(TableReader& table, const NetworkSource& source) {
  for (const std::string& text : source.listen) {
    const auto endpoint = net::parse_endpoint(text);
    if (endpoint && !endpoint.value().is_stream()) table.complain_about("listen", text + " takes datagrams; use tcp://, tls:// or unix:");
  }
}

}  // namespace

void read_field_names(TableReader& table, receive::FieldNames& names) {
  table.texts("text_fields", names.text);
  table.texts("host_fields", names.host);
  table.texts("time_fields", names.time);
  if (names.text.empty()) table.complain_about("text_fields", "text_fields must name at least one field");
}

void read_forward(TableReader& table, Config& config) {
  ForwardSource source;
  table.text("shared_key_file", source.shared_key_file);
  table.text("users_file", source.users_file);
  read_network_source(table, "forward", source.network, config.network_names, !source.shared_key_file.empty());
  refuse_datagrams(table, source.network);
  read_field_names(table, source.fields);
  table.count("max_record", source.max_record, kLeastRecord, kMostRecord);
  table.duration("idle_timeout", source.idle_timeout);
  if (!source.users_file.empty() && source.shared_key_file.empty()) table.complain_about("users_file", "users_file needs shared_key_file");
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

}  // namespace handshaked::config
