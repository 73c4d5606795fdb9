#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/language.h"
#include "config/diagnosis.h"
#include "config/edge_source.h"
#include "config/engine_source.h"
#include "config/group.h"
#include "config/http_source.h"
#include "config/journal_source.h"
#include "config/network_source.h"
#include "config/receiver.h"
#include "config/routing.h"
#include "config/shipper_source.h"
#include "config/web.h"

namespace handshaked::config {

using std::chrono::milliseconds;

/// Log files to follow.
struct FileSource {
  std::vector<std::string> paths{"/var/log/nginx/*error*.log"};  ///< globs; rotated siblings are found by themselves
  bool discover = true;             ///< also every error_log of the configuration that nginx uses; off where `paths` are given
  std::string time_zone = "local";  ///< nginx prints none
  bool from_start = false;          ///< what is there at the first start, too

  bool operator==(const FileSource&) const = default;
};

/// The socket through which `status`, `incidents`, `silence` and `deliveries` talk to the running daemon.
struct Control {
  std::string socket = "/run/handshaked/control.sock";  ///< empty: none
  std::string group;                                    ///< its members may ask and act, beside root and the daemon's own user

  bool operator==(const Control&) const = default;
};

/// Everything that handshaked.toml says, with what holds when it says nothing.
struct Config {
  std::string host;  ///< empty: the host's own name
  Language language = Language::en;
  std::string log_level = "info";
  std::string rules_directory;   ///< empty: the one that was installed
  std::string rules_public_key;  ///< whose signature `rules update` believes, in base64; empty: nobody's
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

}  // namespace handshaked::config
