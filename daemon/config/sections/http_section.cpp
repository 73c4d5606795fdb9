#include "config/sections/sections.h"

namespace handshaked::config {

void read_http(TableReader& table, Config& config) {
  HttpSource source;
  table.texts("token_files", source.token_files);
  read_network_source(table, "http", source.network, config.network_names, !source.token_files.empty());
  read_field_names(table, source.fields);
  table.texts("journal_units", source.journal_units);
  table.texts("journal_identifiers", source.journal_identifiers);
  table.count("max_body_mib", source.max_body_mib, 1, 1024);
  table.duration("idle_timeout", source.idle_timeout);
  for (const std::string& address : source.network.listen) {
    if (address.starts_with("udp:") || address.starts_with("unixgram:")) table.complain_about("listen", address + ": HTTP needs a stream");
  }
  config.http.push_back(std::move(source));
}

}  // namespace handshaked::config
