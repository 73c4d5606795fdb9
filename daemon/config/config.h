#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/language.h"

namespace handshaked::config {

using std::chrono::milliseconds;

/// Log files to follow.
struct FileSource {
  std::vector<std::string> paths{"/var/log/nginx/*error*.log"};  ///< globs; rotated siblings are found by themselves
  std::string time_zone = "local";                               ///< nginx prints none
  bool from_start = false;                                       ///< what is there at the first start, too
};

/// Whom to tell.
struct Receiver {
  enum class Type { webhook, syslog };
  Type type = Type::syslog;
  std::string name;
  Language language = Language::en;
  bool show_clients = false;  ///< client addresses whole

  std::string url;                        ///< webhook
  std::vector<std::string> secret_files;  ///< webhook: each holds one "whsec_…"; several while rotating
  std::string ca_file, client_certificate, client_key;
  milliseconds timeout{10000};

  std::string address = "unix:/dev/log";  ///< syslog: "udp://host:514", "tcp://host:601", "tls://host:6514", "unix:/path"
  std::string facility = "daemon";
};

/// Everything that handshaked.toml says, with what holds when it says nothing.
struct Config {
  std::string host;  ///< empty: the host's own name
  Language language = Language::en;
  std::string log_level = "info";
  std::string rules_directory;  ///< empty: the one that was installed
  std::string database = "/var/lib/handshaked/handshaked.db";
  std::chrono::hours retention{90 * 24};
  std::uint64_t retention_bytes = 1ULL << 30;
  std::uint32_t readers = 1;  ///< threads that read and match

  milliseconds group_wait{10000};
  std::uint32_t transport_lines = 5;
  milliseconds transport_window{120000};
  milliseconds resolve_after{900000};
  std::uint32_t max_incidents = 10000;

  std::vector<FileSource> files;
  std::vector<Receiver> receivers;
};

}  // namespace handshaked::config
