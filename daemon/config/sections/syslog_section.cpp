#include "config/sections/sections.h"

namespace handshaked::config {

void read_syslog(TableReader& table, Config& config) {
  SyslogSource source;
  read_network_source(table, "syslog", source.network, config.network_names);
  table.count("max_message", source.max_message, 1024, 128 * 1024);
  table.count("max_datagram", source.max_datagram, 1024, 65535);
  table.duration("idle_timeout", source.idle_timeout);
  config.syslog.push_back(std::move(source));
}

}  // namespace handshaked::config
