#pragma once

#include "config/config.h"
#include "config/table_reader.h"

namespace handshaked::config {

/// Read one [[nats]] or [[kafka]] table and add what it describes to `config`.
void read_nats(TableReader& table, Config& config);
void read_kafka(TableReader& table, Config& config);

/// The keys of a [[nats]] source and of a receiver of that type that say how servers are reached. Timeouts and names are the caller's.
void read_nats_servers(TableReader& table, NatsServers& servers);
/// May messages be published to it, or, with wildcards, read from it?
bool is_nats_subject(std::string_view subject, bool may_have_wildcards);

}  // namespace handshaked::config
