#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace handshaked::config {

struct Config;

/// [group]: daemons that share the lines of one source, [[nats]] or [[kafka]], and take over from one another.
struct Group {
  std::string name;              ///< empty: this daemon is in no group
  std::uint32_t partitions = 0;  ///< the same for all; what it was at the setup
  std::string worker;            ///< empty: the host's name
  std::chrono::milliseconds lease{10'000};
  std::uint32_t replicas = 3;  ///< copies of what the setup makes
  std::string topic = {};      ///< Kafka: what the workers keep; empty: "handshaked-NAME"

  bool operator==(const Group&) const = default;
};

/// The topic of what the workers keep in Kafka.
std::string group_topic(const Group& group);
/// Where a subject names the partition.
inline constexpr const char* kPartitionWord = "{partition}";

/// The configuration of the daemon that has this partition: reads its lines, speaks in its name, and knows nothing of the host it runs on.
void become_partition(Config& config, std::uint32_t partition);
/// In whose name a partition speaks, and with NATS the consumer of its lines: "proxies-3".
std::string partition_name(const Group& group, std::uint32_t partition);
/// The subjects of all partitions: "nginx.lines.*.>".
std::string subjects_of_all(const Config& config);

}  // namespace handshaked::config
