#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/language.h"
#include "config/receiver.h"
#include "config/sources.h"
#include "config/web.h"
#include "notify/maintenance.h"
#include "notify/route.h"

namespace handshaked::config {

using std::chrono::milliseconds;

/// [nginx]: which configuration governs this host's lines.
struct Nginx {
  std::string configuration;  ///< empty: that of the nginx that is installed or runs here
  std::string prefix;         ///< as `nginx -p`; empty: as built

  bool operator==(const Nginx&) const = default;
};

/// [diagnosis]: whether and how far the daemon looks for the cause of an incident.
struct Diagnosis {
  bool enabled = true;
  bool probe =
      true;  ///< connect to the peers of incidents; without, configuration and files alone speak
  bool read_keys =
      false;  ///< nginx's client keys may be read, to repeat handshakes with client certificates
  std::vector<std::string> ca_stores;  ///< files and directories; empty: the system's bundle
  std::vector<std::string> allow;      ///< peers and networks beside those of nginx's configuration
  std::chrono::milliseconds time_limit{15000};  ///< of one diagnosis
  std::chrono::milliseconds probe_interval{
      30000};  ///< between the first probes of a sick peer; doubles up to `probe_interval_most`
  std::chrono::milliseconds probe_interval_most{30 * 60 * 1000};

  bool watch = false;  ///< look at all peers of nginx's configuration now and then
  std::chrono::seconds watch_interval{24 * 60 * 60};

  bool operator==(const Diagnosis&) const = default;
};

/// [calendar]: what ends on this host, told ahead.
struct Calendar {
  bool enabled = true;
  /// So long before it ends it is told, and again with each that is reached; the longest first.
  std::vector<std::chrono::seconds> lead_times{std::chrono::days(30), std::chrono::days(7),
                                               std::chrono::days(1)};

  bool operator==(const Calendar&) const = default;
};

/// [group]: daemons that share the lines of one source, [[nats]] or [[kafka]], and take over from
/// one another.
struct Group {
  std::string name;              ///< empty: this daemon is in no group
  std::uint32_t partitions = 0;  ///< the same for all; what it was at the setup
  std::string worker;            ///< empty: the host's name
  std::chrono::milliseconds lease{10'000};
  std::uint32_t replicas = 3;  ///< copies of what the setup makes
  std::string topic = {};      ///< Kafka: what the workers keep; empty: "handshaked-NAME"
  std::optional<std::uint32_t> partition = {};  ///< that this daemon has: become_partition()

  bool operator==(const Group&) const = default;
};

inline constexpr std::uint32_t kMostPartitions = 1024;
/// Where a subject names the partition.
inline constexpr const char* kPartitionWord = "{partition}";
/// `subject` with the partition in that place; as it is where it names none.
std::string subject_of_partition(std::string subject, std::string_view partition);
/// Where a receiver of type nats publishes: a subject of each partition.
std::vector<std::string> subjects_of(const Receiver& receiver);

/// One [[route]], and where it stands.
struct ConfiguredRoute {
  notify::Route route;
  std::string file;
  unsigned line = 0;
};

/// What says who is told what and when: [[route]] and [[maintenance]], in order.
struct Routing {
  std::vector<ConfiguredRoute> routes;
  std::vector<notify::MaintenanceWindow> maintenance;
};

/// The socket through which `status`, `incidents`, `silence` and `deliveries` talk to the running
/// daemon.
struct Control {
  std::string socket = "/run/handshaked/control.sock";  ///< empty: none
  std::string group;  ///< its members may ask and act, beside root and the daemon's own user

  bool operator==(const Control&) const = default;
};

/// Everything that handshaked.toml says, with what holds when it says nothing.
struct Config {
  std::string host;  ///< empty: the host's own name
  Language language = Language::en;
  std::string log_level = "info";
  std::string rules_directory;  ///< empty: the one that was installed
  std::string
      rules_public_key;  ///< whose signature `rules update` believes, in base64; empty: nobody's
  std::string database = "/var/lib/handshaked/handshaked.db";
  std::chrono::hours retention{90 * 24};
  std::uint64_t retention_bytes = 1ULL << 30;
  std::uint32_t readers = 1;  ///< threads that read and match

  milliseconds group_wait{10000};
  std::uint32_t transport_lines = 5;
  milliseconds transport_window{120000};
  milliseconds resolve_after{900000};
  milliseconds reopen_within{3600000};
  std::uint32_t max_incidents = 100000;

  Nginx nginx;
  Diagnosis diagnosis;
  Calendar calendar;

  std::vector<FileSource> files;
  std::vector<SyslogSource> syslog;
  std::vector<HttpSource> http;
  std::vector<ForwardSource> forward;
  std::vector<LumberjackSource> lumberjack;
  std::vector<EdgeSource> edges;
  std::vector<JournalSource> journals;
  std::vector<NatsSource> nats;
  std::vector<KafkaSource> kafka;
  Group group;
  std::vector<std::string> network_names;  ///< of all sources but files: no two are alike
  std::vector<Receiver> receivers;
  Routing routing;
  Labels labels;
  Control control;
  Web web;
};

/// The topic of what the workers keep in Kafka.
std::string group_topic(const Group& group);
/// The configuration of the daemon that has this partition: reads its lines, speaks in its name,
/// and knows nothing of the host it runs on.
void become_partition(Config& config, std::uint32_t partition);
/// In whose name a partition speaks, and with NATS the consumer of its lines: "proxies-3".
std::string partition_name(const Group& group, std::uint32_t partition);
/// The subjects of all partitions: "nginx.lines.*.>".
std::string subjects_of_all(const Config& config);

/// Who is told what, as the configuration says: its routes, and what suits each of its receivers.
notify::Router make_router(const Config& config);

}  // namespace handshaked::config
