#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/table_reader.h"

namespace handshaked::config {

// A section of handshaked.toml each, in NAME_section.cpp; those of all sources that listen are in
// network_section.cpp. What is wrong becomes a complaint of the table; what is right is added to
// the configuration.

void read_nginx_and_diagnosis(TableReader& root,
                              Config& config);      ///< [nginx] and [diagnosis] of the root table
void read_web(TableReader& root, Config& config);   ///< [web] of the root table
void read_group(TableReader& table, Group& group);  ///< [group]
void read_labels(TableReader& table,
                 Labels& labels);  ///< [labels]: names and values that the operator chooses

void read_syslog(TableReader& table, Config& config);       ///< [[syslog]]
void read_http(TableReader& table, Config& config);         ///< [[http]]
void read_forward(TableReader& table, Config& config);      ///< [[forward]]
void read_lumberjack(TableReader& table, Config& config);   ///< [[lumberjack]]
void read_nats(TableReader& table, Config& config);         ///< [[nats]]
void read_kafka(TableReader& table, Config& config);        ///< [[kafka]]
void read_edge(TableReader& table, Config& config);         ///< [[edge]]
void read_receiver(TableReader& table, Config& config);     ///< [[receiver]]
void read_route(TableReader& table, Config& config);        ///< [[route]]
void read_maintenance(TableReader& table, Config& config);  ///< [[maintenance]]

// What can only be said after all files were read.

/// Every fallback exists.
void check_receivers(const Config& config, std::vector<ConfigProblem>& problems);
/// The receivers that routes name exist.
void check_routes(const Config& config, std::vector<ConfigProblem>& problems);
/// What of the other sections a worker of a group cannot have.
void check_group(const Config& config, const std::string& file,
                 std::vector<ConfigProblem>& problems);

// Keys that several sections share.

/// Those of all listening sources, `section` being the name of the table and of its first source
/// without a name. `names`: of the sources before it. `has_token`: the source asks senders for a
/// secret, which lets it listen beyond loopback as an `allow` list, client certificates and
/// `open_to_all` do.
void read_network_source(TableReader& table, std::string_view section, NetworkSource& source,
                         std::vector<std::string>& names, bool has_token = false);
/// Gives a source that says no name its section's, with a number behind it where that is taken. No
/// two have one name: positions and counters go by it. `names`: of the sources before it; it joins
/// them.
void name_source(TableReader& table, std::string_view section, std::string& name,
                 std::vector<std::string>& names);
/// text_fields, host_fields and time_fields.
void read_field_names(TableReader& table, receive::FieldNames& names);
/// How servers are reached, of a [[nats]] source and of a receiver of that type. Timeouts and names
/// are the caller's.
void read_nats_servers(TableReader& table, NatsServers& servers);
/// The same of Kafka: brokers, properties and secret_files. `own` are properties that handshaked
/// sets itself, and `instead` says by which keys.
void read_kafka_brokers(TableReader& table, KafkaBrokers& brokers,
                        std::span<const std::string_view> own, std::string_view instead);
/// May messages be published to it, or, with wildcards, read from it?
bool is_nats_subject(std::string_view subject, bool may_have_wildcards);
/// A name that Kafka takes for a topic.
bool is_kafka_topic(std::string_view name);

}  // namespace handshaked::config
